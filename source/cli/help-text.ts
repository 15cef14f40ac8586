import { IN_CHARACTERS, wrapText } from '../core/plain-text.js';
import { type CommandName, type Flag, flagHelp, flagsOf, flagText } from './flags.js';

const ABOUT: Record<CommandName, { readonly usage: string; readonly text: string }> = {
  share: {
    usage: 'peerglass share [options]',
    text: 'Shares a screen of this machine. Viewers need the access code that it shows, unless --access says otherwise.',
  },
  watch: {
    usage: 'peerglass watch [ADDRESS] [options]',
    text: 'Watches a screen in a window. ADDRESS is HOST, HOST:PORT, HOST::PORT, [V6]:PORT or vnc://HOST; HOST:1 is\nVNC display 1, port 5901. Without ADDRESS a form asks for it.',
  },
  play: {
    usage: 'peerglass play FILE [options]',
    text: 'Plays a recording made by --record or the key R, in a window or in the terminal. Keys pause, go to any time,\nstep, and change the speed. peerglass share --source replay:FILE shares a recording live.',
  },
  demo: {
    usage: 'peerglass demo [options]',
    text: 'Shares a test pattern and watches it on this machine, with both dashboards. Needs nothing else.',
  },
  bakeoff: {
    usage: 'peerglass bakeoff [options]',
    text: 'Shares a test pattern, or the --source, to a viewer on this machine for a few seconds, then encodes the last\nframes in every encoding that the viewer supports and prints what each costs. On the dashboard of a share,\nthe key b does the same for its viewer.',
  },
  capture: {
    usage: 'peerglass capture [ADDRESS] [options]',
    text: 'Writes a .pcapng for Wireshark. With ADDRESS it watches that sharer without a window and captures the\ntraffic: real packets where dumpcap may capture, else packets synthesised from the bytes. With --port it\ncaptures the traffic of other programs on that port.',
  },
  report: {
    usage: 'peerglass report FILE [--html OUT.html]',
    text: 'Summarises a .pcapng capture, or a log written by --log or --json: handshake, MSS and window\nscaling, segment sizes, throughput, frames and their sizes, retransmissions, compression.',
  },
  wireshark: {
    usage: 'peerglass wireshark --install | --path',
    text: 'Installs the dissector of the classic protocol for Wireshark and tshark, or prints its path. rfb needs none:\nWireshark knows VNC.',
  },
  doctor: {
    usage: 'peerglass doctor [--json]',
    text: 'Checks this machine: displays, screen capture and its speed, windows, ports, firewall, packet capture and\nthe terminal. Says how to fix each problem. Exits with 1 if neither sharing nor watching can work.',
  },
  forget: {
    usage: 'peerglass forget [ADDRESS | --viewer KEY]',
    text: 'Forgets a sharer: the certificate or key that was remembered when you first watched it over an encrypted\nconnection. The next one that it shows is accepted as new. Without a port in ADDRESS: all ports of that host.\nWith --viewer: forgets a viewer that you had remembered (v on the dashboard). With neither: lists both.',
  },
  list: {
    usage: 'peerglass list [options]',
    text: 'Lists the monitors and windows that can be shared, the addresses of this machine, and the sharers on the\nnetwork (mDNS, which takes two seconds).',
  },
};

const OVERVIEW = `peerglass shows the screen of one computer in a window on another.

  peerglass            open the menu
  peerglass share      share a screen of this machine
  peerglass watch      watch a screen: peerglass watch 192.168.1.82
  peerglass play       play a recording of a screen
  peerglass demo       share a test pattern and watch it on this machine
  peerglass bakeoff    compare all encodings: time, bytes, frame rate
  peerglass list       list what can be shared, and sharers on the network
  peerglass forget     list known sharers and remembered viewers, or forget one
  peerglass doctor     check this machine and say how to fix problems
  peerglass capture    capture traffic to a file for Wireshark
  peerglass report     summarise such a file, or a log
  peerglass wireshark  install Wireshark's dissector of the classic protocol

For the options of a command: peerglass share --help.
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
