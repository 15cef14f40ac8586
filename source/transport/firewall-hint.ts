/** How to let connections to a port in, on each system: the viewer cannot know which one the sharer has. */
export function firewallHint(port: number): string {
  return [
    `A firewall on the sharer's machine may be in the way: "peerglass doctor" there tells. To open port ${port} there:`,
    `  Linux (ufw):       sudo ufw allow ${port}/tcp`,
    `  Linux (firewalld): sudo firewall-cmd --add-port=${port}/tcp`,
    `  Windows:           netsh advfirewall firewall add rule name=peerglass dir=in action=allow protocol=TCP localport=${port}`,
    '  macOS:             System Settings, Network, Firewall, Options: allow node',
  ].join('\n');
}
