-- Wireshark dissector for the classic wire of peerglass, the wire of the 60-line Python program (port 9000).
--
-- A frame is  [n: 1 byte][size: n bytes, big-endian][zlib(RGB)] , from the sharer to the viewer; nothing goes back.
-- Frames are put together over segments. Put this file into Wireshark's folder of personal Lua plugins
-- (`peerglass wireshark --install` does it), or: tshark -X lua_script:peerglass-classic.lua

local classic = Proto("peerglass", "peerglass classic wire")

local fields = {
  size_bytes = ProtoField.uint8("peerglass.size_bytes", "Bytes of the size", base.DEC),
  size = ProtoField.uint32("peerglass.size", "Compressed size", base.DEC),
  number = ProtoField.uint32("peerglass.frame", "Frame number", base.DEC),
  raw = ProtoField.uint32("peerglass.raw_size", "Picture size (RGB)", base.DEC),
  ratio = ProtoField.float("peerglass.ratio", "Compression ratio"),
  zlib = ProtoField.bytes("peerglass.zlib", "zlib stream"),
  level = ProtoField.string("peerglass.level", "zlib level class"),
}
classic.fields = fields

local experts = {
  size_bytes = ProtoExpert.new("peerglass.size_bytes.bad", "The size must have 1 to 4 bytes",
    expert.group.MALFORMED, expert.severity.ERROR),
  empty = ProtoExpert.new("peerglass.size.zero", "A frame of size 0", expert.group.MALFORMED, expert.severity.ERROR),
  large = ProtoExpert.new("peerglass.size.large", "Larger than any picture of the size set in the preferences",
    expert.group.MALFORMED, expert.severity.WARN),
  zlib = ProtoExpert.new("peerglass.zlib.bad", "The body is not a zlib stream",
    expert.group.MALFORMED, expert.severity.ERROR),
}
classic.experts = experts

classic.prefs.port = Pref.uint("TCP port", 9000, "Port of the sharer")
classic.prefs.width = Pref.uint("Picture width", 1366, "Pixels; the wire does not carry it")
classic.prefs.height = Pref.uint("Picture height", 768, "Pixels; the wire does not carry it")

local LEVELS = { [0] = "fastest (0-1)", [1] = "fast (2-5)", [2] = "default (6)", [3] = "best (7-9)" }

-- Frame numbers are given in the first pass, in the order of the stream, and kept for later ones.
local numbers = {}
local counts = {}
local tcp_stream = Field.new("tcp.stream")

function classic.init()
  numbers = {}
  counts = {}
end

local function frame_number(pinfo, offset)
  local stream = tcp_stream()
  local key = (stream and stream.value or 0)
  local place = key .. "/" .. pinfo.number .. "/" .. offset
  if not numbers[place] then
    counts[key] = (counts[key] or 0) + 1
    numbers[place] = counts[key]
  end
  return numbers[place]
end

local function frame_length(buffer, _, offset)
  local count = buffer(offset, 1):uint()
  if count < 1 or count > 4 then return buffer:len() - offset end
  if buffer:len() - offset < 1 + count then return 0 end
  return 1 + count + buffer(offset + 1, count):uint()
end

local function largest_body()
  local raw = classic.prefs.width * classic.prefs.height * 3
  -- Stored deflate blocks add 5 bytes in 16383, then the zlib frame and a generous allowance for strips.
  return raw + math.floor(raw / 1000) + 4096
end

local function dissect_frame(buffer, pinfo, tree)
  local count = buffer(0, 1):uint()
  local subtree = tree:add(classic, buffer())
  subtree:add(fields.size_bytes, buffer(0, 1))
  if count < 1 or count > 4 then
    subtree:add_proto_expert_info(experts.size_bytes)
    pinfo.cols.info = "Malformed frame: " .. count .. " size bytes"
    return buffer:len()
  end
  local size = buffer(1, count):uint()
  local number = frame_number(pinfo, buffer:offset())
  subtree:add(fields.size, buffer(1, count))
  subtree:add(fields.number, number):set_generated()
  if size == 0 then
    subtree:add_proto_expert_info(experts.empty)
    pinfo.cols.info = "Malformed frame: size 0"
    return buffer:len()
  end
  local raw = classic.prefs.width * classic.prefs.height * 3
  subtree:add(fields.raw, raw):set_generated()
  subtree:add(fields.ratio, raw / size):set_generated()
  if size > largest_body() then subtree:add_proto_expert_info(experts.large) end
  local body = buffer(1 + count, size)
  local item = subtree:add(fields.zlib, body)
  if size >= 2 then
    local head = body(0, 2):uint()
    if head % 31 ~= 0 or bit.band(body(0, 1):uint(), 15) ~= 8 then
      item:add_proto_expert_info(experts.zlib)
    else
      subtree:add(fields.level, body(1, 1), LEVELS[bit.rshift(body(1, 1):uint(), 6)])
    end
  end
  subtree:append_text(string.format(", frame %d, %d bytes, ratio %.1f", number, size, raw / size))
  pinfo.cols.info = string.format("Frame %d  %d bytes  ratio %.1f", number, size, raw / size)
  return buffer:len()
end

function classic.dissector(buffer, pinfo, tree)
  pinfo.cols.protocol = "PEERGLASS"
  -- Only the sharer speaks.
  if pinfo.dst_port == classic.prefs.port and pinfo.src_port ~= classic.prefs.port then return 0 end
  dissect_tcp_pdus(buffer, tree, 1, frame_length, dissect_frame)
  return buffer:len()
end

local registered = nil
local function register()
  local ports = DissectorTable.get("tcp.port")
  if registered then ports:remove(registered, classic) end
  registered = classic.prefs.port
  ports:add(registered, classic)
end
-- Set, never called through the protocol: Wireshark lets nobody read it.
classic.prefs_changed = register
register()
