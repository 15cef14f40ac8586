// A cable between two network namespaces with a rate, a delay, jitter, loss and a queue, in user space: the kernel's netem is not everywhere.
//   cc -O2 -o cable cable.c -lm
//   ./cable sharer 10.9.0.1 viewer 10.9.0.2 --rate 20 --delay 10 --jitter 0 --loss 0 --queue 256
//   ip netns exec sharer peerglass share
// It adds both namespaces and removes them when it ends, however whoever started it ended.
// rate Mbit/s each way (0: no limit), delay ms one way, jitter ms (0..jitter added, order kept), loss percent, queue KB at the bottleneck (tail drop).
// SIGUSR1 pulls the cable (all packets on it are lost; the interfaces keep their carrier), SIGUSR2 puts it back. Needs root, /dev/net/tun, iproute2.
// Jitter with the order kept bunches packets and raises the mean to nearly its maximum; rate 0 drops nothing; loss meets ACKs too.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <math.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MTU = 1500, SLOTS = 8192, BATCH = 64 };
typedef struct { double due; int length; unsigned char data[MTU]; } packet;
typedef struct { int from, to; packet *ring; unsigned head, tail; double wireFree, lastDue; } lane;
static volatile sig_atomic_t pulled, ended;
static double rate, delayMs, jitterMs, loss, queueKb = 256;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
static void onSignal(int s) { if (s == SIGUSR1 || s == SIGUSR2) pulled = s == SIGUSR1; else ended = 1; }

static int runs(char *const words[]) {
  pid_t child = fork();
  if (child == 0) { execvp(words[0], words); _exit(127); }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return child > 0 && status == 0;
}

static const char *added[2];  // the namespaces to remove

static void removeAdded(void) {
  for (int i = 0; i < 2; i++) if (added[i]) runs((char *const[]){"ip", "netns", "delete", (char *)added[i], NULL});
}

static void die(const char *what) { perror(what); removeAdded(); exit(1); }
static void run(char *const words[]) { if (!runs(words)) die(words[0]); }

static void add(const char *space, int which) {
  run((char *const[]){"ip", "netns", "add", (char *)space, NULL});
  added[which] = space;
}

static int tunIn(const char *space, const char *address, const char *peer) {
  char path[256], mtu[8];
  snprintf(path, sizeof path, "/var/run/netns/%s", space);
  int home = open("/proc/self/ns/net", O_RDONLY), there = open(path, O_RDONLY);
  if (there < 0 || setns(there, CLONE_NEWNET)) die(space);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq r = {0};
  r.ifr_flags = IFF_TUN | IFF_NO_PI;
  strcpy(r.ifr_name, "cable0");
  if (fd < 0 || ioctl(fd, TUNSETIFF, &r)) die("tun");
  snprintf(mtu, sizeof mtu, "%d", MTU);
  run((char *const[]){"ip", "link", "set", "lo", "up", NULL});
  run((char *const[]){"ip", "address", "add", (char *)address, "peer", (char *)peer, "dev", "cable0", NULL});
  run((char *const[]){"ip", "link", "set", "cable0", "mtu", mtu, "txqueuelen", "2000", "up", NULL});
  if (setns(home, CLONE_NEWNET)) die("setns");
  close(home); close(there);
  return fd;
}

static void take(lane *l) {
  for (int i = 0; i < BATCH; i++) {
    packet *p = &l->ring[l->head % SLOTS];
    int n = read(l->from, p->data, MTU);
    if (n <= 0) return;
    double t = now(), start = l->wireFree > t ? l->wireFree : t;
    double backlogKb = rate > 0 ? (start - t) * rate / 8 : 0;  // Mbit/s * ms = kbit
    if (pulled || backlogKb > queueKb || l->head - l->tail >= SLOTS - 1) continue;
    l->wireFree = start + (rate > 0 ? n * 8 / (rate * 1e3) : 0);
    if (loss > 0 && drand48() * 100 < loss) continue;  // it took its time on the wire all the same
    p->due = l->wireFree + delayMs + (jitterMs > 0 ? drand48() * jitterMs : 0);
    if (p->due < l->lastDue) p->due = l->lastDue;
    l->lastDue = p->due;
    p->length = n;
    l->head++;
  }
}

static double give(lane *l) {
  if (pulled) { l->tail = l->head; l->wireFree = l->lastDue = 0; return 1000; }
  double t = now();
  while (l->tail != l->head) {
    packet *p = &l->ring[l->tail % SLOTS];
    if (p->due > t) return p->due - t;
    if (write(l->to, p->data, p->length) < 0 && errno == EAGAIN) return 0.2;
    l->tail++;
  }
  return 1000;
}

int main(int argc, char **argv) {
  if (argc < 5) { fprintf(stderr, "cable NS_A ADDRESS_A NS_B ADDRESS_B [--rate Mbit] [--delay ms] [--jitter ms] [--loss %%] [--queue KB]\n"); return 2; }
  if (argc % 2 == 0) { fprintf(stderr, "cable: a value is missing\n"); return 2; }
  for (int i = 5; i + 1 < argc; i += 2) {
    char *end;
    double v = strtod(argv[i + 1], &end);
    if (*end || end == argv[i + 1] || v < 0) { fprintf(stderr, "cable: %s %s is no number of 0 or more\n", argv[i], argv[i + 1]); return 2; }
    if (!strcmp(argv[i], "--rate")) rate = v; else if (!strcmp(argv[i], "--delay")) delayMs = v; else if (!strcmp(argv[i], "--jitter")) jitterMs = v;
    else if (!strcmp(argv[i], "--loss") && v <= 100) loss = v; else if (!strcmp(argv[i], "--queue")) queueKb = v; else return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // ends with whoever started it
  int signals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP};
  for (int i = 0; i < 5; i++) signal(signals[i], onSignal);
  srand48(1);
  add(argv[1], 0); add(argv[3], 1);
  int a = tunIn(argv[1], argv[2], argv[4]), b = tunIn(argv[3], argv[4], argv[2]);
  lane lanes[2] = {{.from = a, .to = b}, {.from = b, .to = a}};
  for (int i = 0; i < 2; i++) if (!(lanes[i].ring = malloc(sizeof(packet) * (size_t)SLOTS))) die("malloc");
  printf("cable: %g Mbit/s, %g ms, loss %g %%\n", rate, delayMs, loss); fflush(stdout);
  while (!ended) {
    double wait = fmin(give(&lanes[0]), give(&lanes[1]));
    struct pollfd f[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    struct timespec t = {(long)(wait / 1e3), (long)(fmod(wait, 1e3) * 1e6)};
    ppoll(f, 2, &t, NULL);
    take(&lanes[0]); take(&lanes[1]);
  }
  removeAdded();
}
