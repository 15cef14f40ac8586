/*
 * A viewer on libvncclient, for tests: shows what another implementation makes of what a server sends.
 *
 *   libvnc-viewer HOST PORT ENCODINGS BYTES-A-PIXEL QUALITY|none CODE|- FILE
 *
 * Prints "ready" after the first update. Each line on its standard input asks for the framebuffer as a PPM in FILE, and
 * "written" answers when it is there; the end of its input ends it.
 */
#include <poll.h>
#include <rfb/rfbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *code;
static int updates = 0;

static char *give_code(rfbClient *client) {
  (void)client;
  return strdup(code);
}

static void finished(rfbClient *client) {
  (void)client;
  if (updates++ == 0) {
    puts("ready");
    fflush(stdout);
  }
}

static int channel(uint32_t pixel, int shift, int max) {
  return (int)(((pixel >> shift) & max) * 255.0 / max + 0.5);
}

static void write_picture(const rfbClient *client, const char *file) {
  FILE *out = fopen(file, "wb");
  const rfbPixelFormat *format = &client->format;
  int size = format->bitsPerPixel / 8;
  fprintf(out, "P6\n%d %d\n255\n", client->width, client->height);
  for (int i = 0; i < client->width * client->height; i++) {
    uint32_t pixel = 0;
    memcpy(&pixel, client->frameBuffer + (size_t)i * size, size);
    fputc(channel(pixel, format->redShift, format->redMax), out);
    fputc(channel(pixel, format->greenShift, format->greenMax), out);
    fputc(channel(pixel, format->blueShift, format->blueMax), out);
  }
  fclose(out);
}

int main(int argc, char **argv) {
  if (argc != 8) return 2;
  int bytes = atoi(argv[4]);
  rfbClient *client = rfbGetClient(bytes == 2 ? 5 : 8, 3, bytes);
  client->serverHost = strdup(argv[1]);
  client->serverPort = atoi(argv[2]);
  client->appData.encodingsString = argv[3];
  client->appData.enableJPEG = strcmp(argv[5], "none") != 0;
  client->appData.qualityLevel = client->appData.enableJPEG ? atoi(argv[5]) : 9;
  client->appData.useRemoteCursor = FALSE;
  code = argv[6];
  client->GetPassword = give_code;
  client->FinishedFrameBufferUpdate = finished;
  client->canHandleNewFBSize = TRUE;
  if (!rfbInitClient(client, NULL, NULL)) return 1;
  for (;;) {
    struct pollfd inputs[2] = {{client->sock, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    if (client->buffered == 0 && poll(inputs, 2, 1000) < 0) return 1;
    if (client->buffered > 0 || (inputs[0].revents & (POLLIN | POLLHUP))) {
      if (!HandleRFBServerMessage(client)) return 1;
    }
    if (inputs[1].revents & (POLLIN | POLLHUP)) {
      char line[16];
      if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
      write_picture(client, argv[7]);
      puts("written");
      fflush(stdout);
    }
  }
}
