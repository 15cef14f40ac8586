"""
A VNC server and a viewer with the RSA-AES security types 5, 6, 129 and 130, written from rfbproto.rst alone and in plain
Python, to test peerglass against. One JSON object on standard input says what to do, another on standard output what came of it.
"""

import hashlib
import json
import os
import socket
import struct
import sys

# AES (FIPS 197), a byte at a time.


def times_two(byte):
    return ((byte << 1) ^ 0x1B) & 0xFF if byte & 0x80 else byte << 1


def make_s_box():
    logarithm, power, value = [0] * 256, [0] * 256, 1
    for exponent in range(255):
        power[exponent], logarithm[value] = value, exponent
        value ^= times_two(value)
    box = []
    for byte in range(256):
        inverse = power[(255 - logarithm[byte]) % 255] if byte else 0
        result = 0x63
        for turn in range(5):
            result ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xFF
        box.append(result)
    return box


S_BOX = make_s_box()
TWICE = [times_two(byte) for byte in range(256)]
SHIFTED = [column * 4 + row for column, row in ((((c + r) % 4), r) for c in range(4) for r in range(4))]


class Aes:
    def __init__(self, key):
        words, length, constant = [list(key[at : at + 4]) for at in range(0, len(key), 4)], len(key) // 4, 1
        self.rounds = length + 6
        for index in range(length, 4 * (self.rounds + 1)):
            word = list(words[-1])
            if index % length == 0:
                word = [S_BOX[byte] for byte in word[1:] + word[:1]]
                word[0] ^= constant
                constant = times_two(constant)
            elif length > 6 and index % length == 4:
                word = [S_BOX[byte] for byte in word]
            words.append([one ^ other for one, other in zip(word, words[-length])])
        self.keys = [sum(words[at : at + 4], []) for at in range(0, len(words), 4)]

    def encrypt(self, block):
        state = [one ^ other for one, other in zip(block, self.keys[0])]
        for number in range(1, self.rounds + 1):
            state = [S_BOX[state[place]] for place in SHIFTED]
            if number < self.rounds:
                mixed = []
                for at in range(0, 16, 4):
                    a, b, c, d = state[at : at + 4]
                    every = a ^ b ^ c ^ d
                    mixed += [a ^ every ^ TWICE[a ^ b], b ^ every ^ TWICE[b ^ c], c ^ every ^ TWICE[c ^ d], d ^ every ^ TWICE[d ^ a]]
                state = mixed
            state = [one ^ other for one, other in zip(state, self.keys[number])]
        return bytes(state)


# EAX, over CMAC and CTR.


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def doubled(block):
    number = int.from_bytes(block, "big") << 1
    return ((number ^ 0x87 if number >> 128 else number) & ((1 << 128) - 1)).to_bytes(16, "big")


class Eax:
    def __init__(self, key):
        self.aes = Aes(key)
        self.whole = doubled(self.aes.encrypt(bytes(16)))
        self.padded = doubled(self.whole)

    def cmac(self, kind, message):
        text = bytes(15) + bytes([kind]) + message
        if len(text) % 16:
            text, last = text + b"\x80" + bytes(-(len(text) + 1) % 16), self.padded
        else:
            last = self.whole
        text, chain = text[:-16] + xor(text[-16:], last), bytes(16)
        for at in range(0, len(text), 16):
            chain = self.aes.encrypt(xor(chain, text[at : at + 16]))
        return chain

    def ctr(self, start, message):
        number, stream = int.from_bytes(start, "big"), b""
        for at in range(0, len(message), 16):
            stream += self.aes.encrypt(((number + at // 16) % (1 << 128)).to_bytes(16, "big"))
        return xor(message, stream)

    def seal(self, nonce, header, message):
        start = self.cmac(0, nonce)
        text = self.ctr(start, message)
        return text, xor(xor(start, self.cmac(1, header)), self.cmac(2, text))

    def open(self, nonce, header, text, tag):
        start = self.cmac(0, nonce)
        if xor(xor(start, self.cmac(1, header)), self.cmac(2, text)) != tag:
            raise ValueError("a message was changed")
        return self.ctr(start, text)


# RSA with EME-PKCS1-v1_5.


class Key:
    def __init__(self, bits, modulus, exponent):
        self.modulus, self.exponent, self.size = modulus, exponent, (bits + 7) // 8
        self.wire = struct.pack(">I", bits) + modulus.to_bytes(self.size, "big") + exponent.to_bytes(self.size, "big")

    def encrypt(self, text):
        padding = bytes(byte or 1 for byte in os.urandom(self.size - len(text) - 3))
        block = int.from_bytes(b"\x00\x02" + padding + b"\x00" + text, "big")
        return pow(block, self.exponent, self.modulus).to_bytes(self.size, "big")

    def decrypt(self, encrypted, secret):
        block = pow(int.from_bytes(encrypted, "big"), secret, self.modulus).to_bytes(self.size, "big")
        if block[:2] != b"\x00\x02":
            raise ValueError("the padding is wrong")
        return block[block.index(0, 2) + 1 :]


class Plain:
    def __init__(self, peer):
        self.peer = peer

    def send(self, data):
        self.peer.sendall(data)

    def read(self, length):
        data = b""
        while len(data) < length:
            piece = self.peer.recv(length - len(data))
            if not piece:
                raise EOFError("the other end hung up")
            data += piece
        return data


class Sealed:
    """Records over a plain stream, of at most `longest` bytes."""

    def __init__(self, below, send_key, read_key, longest):
        self.below, self.sealer, self.opener, self.longest = below, Eax(send_key), Eax(read_key), longest
        self.sent, self.received, self.rest = 0, 0, b""

    def send(self, data):
        for at in range(0, len(data), self.longest):
            piece = data[at : at + self.longest]
            header = struct.pack(">H", len(piece))
            text, tag = self.sealer.seal(self.sent.to_bytes(16, "little"), header, piece)
            self.below.send(header + text + tag)
            self.sent += 1

    def read(self, length):
        while len(self.rest) < length:
            header = self.below.read(2)
            text = self.below.read(struct.unpack(">H", header)[0])
            self.rest += self.opener.open(self.received.to_bytes(16, "little"), header, text, self.below.read(16))
            self.received += 1
        data, self.rest = self.rest[:length], self.rest[length:]
        return data


def agree(task, stream, server):
    """From the choice of the security type up to both hashes. The records, and what was found."""
    number = task["type"]
    digest = hashlib.sha256 if number > 128 else hashlib.sha1
    cut = 32 if number > 128 else 16
    numbers = {name: int(value, 16) for name, value in task["key"].items()}
    own = Key(numbers["n"].bit_length(), numbers["n"], numbers["e"])

    def read_key():
        (bits,) = struct.unpack(">I", stream.read(4))
        size = (bits + 7) // 8
        return Key(bits, int.from_bytes(stream.read(size), "big"), int.from_bytes(stream.read(size), "big"))

    def read_random():
        (length,) = struct.unpack(">H", stream.read(2))
        return own.decrypt(stream.read(length), numbers["d"])

    def send_random(length):
        random = os.urandom(length)
        encrypted = other.encrypt(random)
        stream.send(struct.pack(">H", len(encrypted)) + encrypted)
        return random

    if server:
        stream.send(own.wire)
        other = read_key()
        mine = send_random(task["random"])
        theirs = read_random()
        server_random, client_random, server_key, client_key = mine, theirs, own, other
    else:
        other = read_key()
        stream.send(own.wire)
        # A viewer need not wait for the server's number before it sends its own, but one that does may answer in kind.
        theirs = read_random()
        mine = send_random(len(theirs))
        server_random, client_random, server_key, client_key = theirs, mine, other, own
    to_server = digest(server_random + client_random).digest()[:cut]
    to_client = digest(client_random + server_random).digest()[:cut]
    sealed = Sealed(stream, to_client if server else to_server, to_server if server else to_client, task["longest"])
    server_hash = digest(server_key.wire + client_key.wire).digest()
    client_hash = digest(client_key.wire + server_key.wire).digest()
    said = server_hash if server else client_hash
    sealed.send(bytes(len(said)) if task.get("wrongHash") else said)
    heard = sealed.read(len(said))
    if heard != (client_hash if server else server_hash):
        raise ValueError("the hash is wrong")
    return sealed, {"random": len(theirs), "fingerprint": hashlib.sha1(server_key.wire).hexdigest()[:16]}


def text_of(stream):
    return stream.read(struct.unpack(">I", stream.read(4))[0]).decode()


def pixels_of(task):
    """0x00RRGGBB, the same for who reads the test."""
    return [(at * 2654435761 ^ at << 7) & 0xFFFFFF for at in range(task["width"] * task["height"])]


def serve(task):
    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    peer, _ = listener.accept()
    stream = Plain(peer)
    stream.send(b"RFB 003.008\n")
    stream.read(12)
    stream.send(bytes([1, task["type"]]))
    stream.read(1)
    sealed, found = agree(task, stream, True)
    sealed.send(bytes([task["subtype"]]))
    try:
        length = sealed.read(1)[0]
    except EOFError:
        return found
    user = sealed.read(length).decode()
    password = sealed.read(sealed.read(1)[0]).decode()
    found.update(user=user, password=password)
    stream = sealed if task["type"] in (5, 129) else stream
    if password != task["password"]:
        stream.send(struct.pack(">II", 1, 2) + b"no")
        return found
    stream.send(struct.pack(">I", 0))
    stream.read(1)
    width, height = task["width"], task["height"]
    pixel_format = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    stream.send(struct.pack(">HH", width, height) + pixel_format + struct.pack(">I", 4) + b"test")
    while True:
        kind = stream.read(1)[0]
        if kind == 0:
            stream.read(19)
        elif kind == 2:
            stream.read(1)
            stream.read(4 * struct.unpack(">H", stream.read(2))[0])
        elif kind == 3:
            stream.read(9)
            break
        else:
            raise ValueError(f"message {kind}")
    picture = b"".join(struct.pack("<I", pixel) for pixel in pixels_of(task))
    stream.send(struct.pack(">BxHHHHHi", 0, 1, 0, 0, width, height, 0) + picture)
    try:
        while True:
            stream.read(1)
    except EOFError:
        return found


def view(task):
    stream = Plain(socket.create_connection(("127.0.0.1", task["port"])))
    stream.read(12)
    stream.send(b"RFB 003.008\n")
    offered = list(stream.read(stream.read(1)[0]))
    stream.send(bytes([task["type"]]))
    sealed, found = agree(task, stream, False)
    found.update(offered=offered, subtype=sealed.read(1)[0])
    password = task["password"].encode()
    sealed.send(b"\x00" + bytes([len(password)]) + password)
    (result,) = struct.unpack(">I", sealed.read(4))
    found["result"] = result
    if result != 0:
        found["reason"] = text_of(sealed)
        return found
    sealed.send(b"\x01")
    width, height = struct.unpack(">HH", sealed.read(4))
    pixel_format = sealed.read(16)
    found.update(name=text_of(sealed), format=list(pixel_format[:13]))
    sealed.send(struct.pack(">B3xBBBBHHHBBB3x", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
    sealed.send(struct.pack(">BxHi", 2, 1, 0))
    sealed.send(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
    picture = bytearray(width * height * 4)
    seen = 0
    while seen < width * height:
        if sealed.read(1) != b"\x00":
            raise ValueError("no update")
        (count,) = struct.unpack(">xH", sealed.read(3))
        for _ in range(count):
            x, y, w, h, encoding = struct.unpack(">HHHHi", sealed.read(12))
            if encoding != 0:
                raise ValueError(f"encoding {encoding}")
            for row in range(y, y + h):
                picture[(row * width + x) * 4 : (row * width + x + w) * 4] = sealed.read(w * 4)
            seen += w * h
    found.update(width=width, height=height, picture=bytes(picture).hex())
    return found


def main():
    task = json.loads(sys.stdin.readline())
    try:
        found = serve(task) if task["role"] == "server" else view(task)
    except (ValueError, EOFError, ConnectionError) as error:
        found = {"error": str(error)}
    print(json.dumps(found), flush=True)


main()
