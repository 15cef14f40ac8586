"""Stands in for the original Python program at either end of the classic wire. Standard library only.

It has the original's habits where they matter to a peer. As a viewer it takes the header of a frame with single recv
calls and trusts that each brings all that it asked for; as a sharer it writes a frame in three pieces: one byte that
says how long the length is, the length, the zlib stream. It never answers.

Each line on standard output is one JSON object:
  sharing   {"event": "listening", "port": P}, then {"event": "viewer", "address": A} and one {"frame": ...} a frame
  watching  {"event": "connected"}, then one {"frame": ...} a frame, at the end {"event": "closed"}
  {"frame": number from 0, "size": compressed bytes, "crc": CRC-32 of the RGB pixels, "time": seconds since the start}
What is wrong ends it with {"event": "error", "text": ...} and exit code 1.

With --source x11 (libX11 through ctypes, read as mss reads) and --window (pygame) it is the peer of the benchmark.
"""

import argparse
import ctypes
import json
import pathlib
import socket
import sys
import time
import zlib


class WireError(Exception):
    pass


def tell(**fields):
    print(json.dumps(fields), flush=True)


class Log:
    """One line a frame, with the time since the first moment."""

    def __init__(self):
        self.start = time.monotonic()

    def frame(self, number, size, pixels):
        tell(frame=number, size=size, crc=zlib.crc32(pixels), time=round(time.monotonic() - self.start, 4))


class FrameReader:
    def __init__(self, connection, pixel_bytes):
        self.connection = connection
        self.pixel_bytes = pixel_bytes

    def field(self, length, name):
        """One recv, as the original does it: a peer that splits the header is caught here."""
        data = self.connection.recv(length)
        if data and len(data) < length:
            raise WireError(f"the {name} came in pieces: {len(data)} of {length} bytes")
        return data

    def body(self, length, rate):
        pieces = []
        missing = length
        while missing:
            piece = self.connection.recv(min(missing, 16384) if rate else missing)
            if not piece:
                raise WireError(f"the connection ended {missing} bytes before the end of a frame")
            pieces.append(piece)
            missing -= len(piece)
            if rate:
                time.sleep(len(piece) / rate)
        return b"".join(pieces)

    def next(self, rate=0):
        """(compressed size, pixels), or None when the sharer went away between two frames."""
        count = self.field(1, "first byte")
        if not count:
            return None
        if not 1 <= count[0] <= 4:
            raise WireError(f"a length of {count[0]} bytes")
        size = int.from_bytes(self.field(count[0], "length"), "big")
        pixels = zlib.decompress(self.body(size, rate))
        if len(pixels) != self.pixel_bytes:
            raise WireError(f"{len(pixels)} bytes of pixels instead of {self.pixel_bytes}")
        return size, pixels


class Window:
    def __init__(self, size):
        import pygame

        pygame.init()
        self.pygame, self.size = pygame, size
        self.surface = pygame.display.set_mode(size)

    def show(self, pixels):
        for event in self.pygame.event.get():
            if event.type == self.pygame.QUIT:
                sys.exit(0)
        self.surface.blit(self.pygame.image.fromstring(pixels, self.size, "RGB"), (0, 0))
        self.pygame.display.flip()


def watch(options):
    width, height = options.size
    window = Window(options.size) if options.window else None
    connection = socket.create_connection((options.host, options.port))
    if options.receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.receive_buffer)
    tell(event="connected")
    reader, log, number, pixels = FrameReader(connection, width * height * 3), Log(), 0, None
    while not options.frames or number < options.frames:
        frame = reader.next(options.rate)
        if frame is None:
            break
        size, pixels = frame
        if window:
            window.show(pixels)
        else:
            log.frame(number, size, pixels)
        number += 1
        time.sleep(options.delay)
    if options.ppm and pixels is not None:
        pathlib.Path(options.ppm).write_bytes(b"P6\n%d %d\n255\n" % (width, height) + pixels)
    connection.close()
    tell(event="closed")


class SyntheticSource:
    """A ramp of colours which moves on by one pixel a frame, with noise in one band so that frames have some weight."""

    def __init__(self, size):
        self.width, self.height = size
        self.ramp = bytes(channel for x in range(self.width * 2) for channel in (x & 255, x >> 3 & 255, 255 - (x & 255)))
        state, band = 1, bytearray()
        for _ in range(self.width * 3):
            state = (state * 1103515245 + 12345) & 0xFFFFFFFF
            band.append(state >> 24)
        self.band = bytes(band)

    def grab(self, number):
        start = number % self.width * 3
        row = self.ramp[start:start + self.width * 3]
        noisy = min(8, self.height)
        return self.band * noisy + row * (self.height - noisy)


class PictureSource:
    """The pixels of PPM files (P6, 8 bits), one after the other, over and over."""

    def __init__(self, size, files):
        self.pictures = [self.read(file, size) for file in files]

    @staticmethod
    def read(file, size):
        kind, width, height, most, pixels = pathlib.Path(file).read_bytes().split(maxsplit=4)
        if kind != b"P6" or most != b"255" or (int(width), int(height)) != size:
            raise WireError(f"{file} is no 8-bit PPM of {size[0]}x{size[1]}")
        return pixels

    def grab(self, number):
        return self.pictures[number % len(self.pictures)]


class ScreenSource:
    """The corner of an X screen by XGetImage, turned to RGB by slices, as the original's capture library does."""

    class Image(ctypes.Structure):
        _fields_ = [(name, ctypes.c_int) for name in ("width", "height", "xoffset", "format")] + [
            ("data", ctypes.c_void_p)
        ]

    def __init__(self, size):
        self.size = size
        self.x11 = ctypes.CDLL("libX11.so.6")
        self.x11.XOpenDisplay.restype = ctypes.c_void_p
        self.x11.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
        self.x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self.x11.XGetImage.restype = ctypes.POINTER(self.Image)
        self.x11.XGetImage.argtypes = [
            ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_int,
            ctypes.c_uint, ctypes.c_uint, ctypes.c_ulong, ctypes.c_int,
        ]
        self.x11.XDestroyImage.argtypes = [ctypes.c_void_p]
        self.display = self.x11.XOpenDisplay(None)
        if not self.display:
            raise WireError("no X display")
        self.root = self.x11.XDefaultRootWindow(self.display)

    def grab(self, _number):
        width, height = self.size
        image = self.x11.XGetImage(self.display, self.root, 0, 0, width, height, 0xFFFFFFFF, 2)
        if not image:
            raise WireError("XGetImage failed")
        raw = bytearray(ctypes.string_at(image.contents.data, width * height * 4))
        self.x11.XDestroyImage(image)
        rgb = bytearray(width * height * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = raw[2::4], raw[1::4], raw[0::4]
        return bytes(rgb)


def make_source(options):
    if options.source == "x11":
        return ScreenSource(options.size)
    if options.ppm:
        return PictureSource(options.size, options.ppm.split(","))
    return SyntheticSource(options.size)


def share(options):
    source = make_source(options)
    listener = socket.create_server((options.host, options.port))
    tell(event="listening", port=listener.getsockname()[1])
    connection, address = listener.accept()
    tell(event="viewer", address=address[0])
    log, number = Log(), 0
    while not options.frames or number < options.frames:
        pixels = source.grab(number)
        body = zlib.compress(pixels, options.level)
        length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
        connection.send(bytes([len(length)]))
        connection.send(length)
        connection.sendall(body)
        if not options.quiet:
            log.frame(number, len(body), pixels)
        number += 1
        time.sleep(options.delay)
    connection.close()


def parse_size(text):
    width, height = text.split("x")
    return int(width), int(height)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", choices=["watch", "share"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--size", type=parse_size, default=(1366, 768))
    parser.add_argument("--frames", type=int, default=0, help="end after that many")
    parser.add_argument("--delay", type=float, default=0, help="seconds of rest after each frame")
    parser.add_argument("--rate", type=int, default=0, help="watch: read at most that many bytes a second")
    parser.add_argument("--receive-buffer", type=int, default=0, help="watch: bytes that the kernel may hold")
    parser.add_argument("--window", action="store_true", help="watch: show the frames with pygame, print none")
    parser.add_argument("--level", type=int, default=6, help="share: of zlib")
    parser.add_argument("--source", choices=["synthetic", "x11"], default="synthetic")
    parser.add_argument("--ppm", help="watch: where to keep the last frame; share: the pictures, separated by commas")
    parser.add_argument("--quiet", action="store_true", help="share: no line for each frame")
    options = parser.parse_args()
    try:
        {"watch": watch, "share": share}[options.role](options)
    except (WireError, OSError, zlib.error) as error:
        tell(event="error", text=str(error))
        sys.exit(1)


main()
