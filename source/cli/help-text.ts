import { IN_CHARACTERS, wrapText } from '../core/plain-text.js';
import { type CommandName, type Flag, flagHelp, flagsOf, flagText } from './flags.js';

const ABOUT: Record<CommandName, { readonly usage: string; readonly text: string }> = {
  share: {
    usage: 'peerglass share [options]',
    text: 'Shares a screen of this machine. Viewers need the code that it shows; --access\nsays otherwise.',
  },
  watch: {
    usage: 'peerglass watch [ADDRESS] [options]',
    text: 'Watches a screen in a window. ADDRESS is HOST, HOST:PORT, HOST::PORT, [V6]:PORT or vnc://HOST; HOST:1 is a\nVNC display, port 5901. Without ADDRESS the form asks for it.',
  },
  demo: {
    usage: 'peerglass demo [options]',
    text: 'Shares a test pattern on this machine and watches it here: both dashboards, nothing else needed.',
  },
  bakeoff: {
    usage: 'peerglass bakeoff [options]',
    text: 'Shares a test pattern, or what --source says, to a viewer on this machine for a few seconds, encodes the last\nframes in every encoding that it can take, and prints what each costs. On the dashboard of a share b does it\nfor its viewer.',
  },
  capture: {
    usage: 'peerglass capture [ADDRESS] [options]',
    text: 'Writes a .pcapng for Wireshark. With ADDRESS it watches that sharer, without a window, and captures what goes\nover the wire: real packets where dumpcap may capture, else a TCP stream made from the bytes. With --port it\ncaptures what other programs say on that port.',
  },
  report: {
    usage: 'peerglass report FILE [--html OUT.html]',
    text: 'Reads a .pcapng capture, or a log of --log or --json, and prints what is in it: handshake, MSS and window\nscaling, segment sizes, throughput, frames and their sizes, retransmissions, compression.',
  },
  wireshark: {
    usage: 'peerglass wireshark --install | --path',
    text: 'The dissector of the classic wire, for Wireshark and tshark. The rfb wire needs none: Wireshark knows VNC.',
  },
  doctor: {
    usage: 'peerglass doctor [--json]',
    text: 'Looks this machine over: displays, ways to capture with their speed, the window, ports, firewall, packets,\nthe terminal; and says what to do about what is missing. Exits with 1 when neither sharing nor watching\ncan work. --json prints a list of {check, status, text, remedy}.',
  },
  forget: {
    usage: 'peerglass forget ADDRESS',
    text: 'Forgets what is remembered of a peer that was watched over an encrypted connection: its certificate. Without a\nport in ADDRESS all ports of that host. The next certificate that it shows is then a new one.',
  },
  list: {
    usage: 'peerglass list [options]',
    text: 'Lists the monitors and windows that can be shared, and the addresses of this machine.',
  },
};

const OVERVIEW = `peerglass mirrors the screen of one computer in a window on another.

  peerglass            the menu
  peerglass share      share a screen of this machine
  peerglass watch      watch a screen: peerglass watch 192.168.1.82
  peerglass demo       share a test pattern and watch it here
  peerglass bakeoff    every encoding tried on what is shared: time, bytes, frame rate
  peerglass list       what can be shared, and the addresses of this machine
  peerglass forget     forget what is remembered of a peer: its certificate
  peerglass doctor     what works on this machine, and what to do about what does not
  peerglass capture    write packets to a file for Wireshark
  peerglass report     what is in such a file, or in a log
  peerglass wireshark  Wireshark's dissector of the classic wire

Each command explains its options: peerglass share --help.
Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.
`;

const MAX_COLUMNS = 110;

function table(flags: readonly Flag[], helpOf: (flag: Flag) => string): string {
  const left = flags.map(flag => `${flag.short ? `-${flag.short}, ` : ''}${flagText(flag)}`);
  const width = Math.max(...left.map(text => text.length));
  const below = `\n${' '.repeat(width + 4)}`;
  const helps = flags.map(flag => wrapText(helpOf(flag), MAX_COLUMNS - width - 4, IN_CHARACTERS).join(below));
  return helps.map((help, index) => `  ${left[index]!.padEnd(width)}  ${help}`).join('\n');
}

/** The text of `peerglass --help` or `peerglass COMMAND --help`, with a line end. */
export function helpText(topic: CommandName | null): string {
  if (topic === null) return `${OVERVIEW}\n${table(flagsOf('menu'), flag => flag.help)}\n`;
  const flags = flagsOf(topic);
  const groups = [...new Set(flags.map(flag => flag.group))];
  const sections = groups.map(
    group =>
      `${group}\n${table(
        flags.filter(flag => flag.group === group),
        flag => flagHelp(flag, topic),
      )}`,
  );
  return `${ABOUT[topic].usage}\n\n${ABOUT[topic].text}\n\n${sections.join('\n\n')}\n`;
}
