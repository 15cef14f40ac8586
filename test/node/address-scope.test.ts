import { expect, it } from 'vitest';
import { addressScope, clientKeyOf } from '../../source/node/address-scope.js';

it('treats an IPv6 network as one machine, unless this machine is in it and has neighbours there', () => {
  const elsewhere = ['2001:db8:1:2::5', '2001:0DB8:1:2:ffff::9'].map(address =>
    clientKeyOf(address, ['2001:db8:9::1']),
  );
  expect(elsewhere).toEqual(['2001:db8:1:2', '2001:db8:1:2']);
  const near = ['fd00:1::5', 'fd00:1:0:0:8::9', 'fe80::1%eth0'].map(address => clientKeyOf(address, ['fd00:1::1']));
  expect(near).toEqual(['fd00:1::5', 'fd00:1:0:0:8::9', 'fe80::1']);
  expect(addressScope('fd00:1::5', ['fd00:1::1']).prefix).toBeNull();
});

it('treats an IPv4 address as one machine', () => {
  expect(addressScope('192.168.1.5')).toEqual({ address: '192.168.1.5', family: 'ipv4', prefix: null });
});
