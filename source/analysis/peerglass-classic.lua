-- Wireshark dissector for the classic protocol of peerglass, that of the 60-line Python program (port 9000).
--
-- A frame is  [n: 1 byte][size: n bytes, big-endian][zlib(RGB)] , from the sharer to the viewer; nothing goes back.
-- Put this file into Wireshark's folder of personal Lua plugins (`peerglass wireshark --install` does it), or:
-- tshark -X lua_script:peerglass-classic.lua . It takes the ports of its preference, what Decode As gives it, and any
-- connection whose first bytes look like nothing else.
--
-- Wireshark calls a dissector once for each packet in order, and later again whenever it likes. The first time makes a
-- plan of what lies where, by which frames are counted; every time draws that plan. `tshark -2` tells no TCP sequence
-- numbers the first time: what is planned blind there serves to put segments together, and is planned again with them.

local classic = Proto("peerglass", "peerglass classic protocol")

local fields = {
  size_bytes = ProtoField.uint8("peerglass.size_bytes", "Bytes of the size", base.DEC),
  size = ProtoField.uint32("peerglass.size", "Compressed size", base.DEC),
  number = ProtoField.uint32("peerglass.frame", "Frame number", base.DEC),
  raw = ProtoField.uint32("peerglass.raw_size", "Picture size (RGB)", base.DEC),
  ratio = ProtoField.float("peerglass.ratio", "Compression ratio"),
  zlib = ProtoField.bytes("peerglass.zlib", "zlib stream"),
  level = ProtoField.string("peerglass.level", "zlib level class"),
  lone = ProtoField.bool("peerglass.lone_first_byte", "First byte in a segment of its own"),
  transfer = ProtoField.double("peerglass.transfer_time", "Seconds from its first segment to its last"),
  part = ProtoField.uint32("peerglass.part_of", "Part of frame", base.DEC),
}
classic.fields = fields

local MALFORMED, SEQUENCE, PROTOCOL = expert.group.MALFORMED, expert.group.SEQUENCE, expert.group.PROTOCOL
local ERROR, WARN, NOTE = expert.severity.ERROR, expert.severity.WARN, expert.severity.NOTE
local experts = {
  size_bytes = ProtoExpert.new("peerglass.size_bytes.bad", "The size must have 1 to 4 bytes", MALFORMED, ERROR),
  empty = ProtoExpert.new("peerglass.size.zero", "A frame of size 0", MALFORMED, ERROR),
  impossible = ProtoExpert.new("peerglass.size.impossible", "Larger than any picture", MALFORMED, ERROR),
  large = ProtoExpert.new("peerglass.size.large", "Larger than this picture without compression", MALFORMED, WARN),
  padded = ProtoExpert.new("peerglass.size.padded", "The size begins with a byte 0", PROTOCOL, NOTE),
  zlib = ProtoExpert.new("peerglass.zlib.bad", "The body is not a zlib stream", MALFORMED, ERROR),
  inflate = ProtoExpert.new("peerglass.zlib.damaged", "The zlib stream does not inflate", MALFORMED, ERROR),
  viewer = ProtoExpert.new("peerglass.viewer", "The viewer says nothing in this protocol", PROTOCOL, WARN),
  lost = ProtoExpert.new("peerglass.lost", "Inside a frame whose first bytes are not in the capture", SEQUENCE, NOTE),
  resumed = ProtoExpert.new("peerglass.resumed", "Looks like a frame after bytes that were not captured; frames in between are not counted",
    SEQUENCE, NOTE),
  holes = ProtoExpert.new("peerglass.holes", "The frame before is not in the capture whole", SEQUENCE, WARN),
  cut = ProtoExpert.new("peerglass.cut", "The capture does not have all of this frame here", SEQUENCE, NOTE),
}
classic.experts = experts

classic.prefs.ports = Pref.range("TCP ports", "9000", "Ports of the sharer", 65535)
classic.prefs.width = Pref.uint("Picture width", 1366, "Pixels; for the ratio where no frame tells the size of the picture")
classic.prefs.height = Pref.uint("Picture height", 768, "Pixels; for the ratio where no frame tells the size of the picture")

local LEVELS = { [0] = "fastest (0-1)", [1] = "fast (2-5)", [2] = "default (6)", [3] = "best (7-9)" }
local LARGEST_BODY = 16384 * 16384 * 3
local SEQUENCES = 2 ^ 32
-- How many bytes tell a frame: the longest header, and the first three of zlib and deflate.
local TELLING = 1 + 4 + 3

local tcp_stream, tcp_length = Field.new("tcp.stream"), Field.new("tcp.len")
local tcp_sequence, tcp_relative = Field.new("tcp.seq_raw"), Field.new("tcp.seq")
local tcp_completeness = Field.new("tcp.completeness")
local SAW_HANDSHAKE = 3

-- Of connections: their directions; plans by packet; starts that may be classic; which end is the sharer.
local function nothing_known(blind)
  return { blind = blind, sides = {}, plans = {}, guesses = {}, sharers = {} }
end
local blind, sighted = nothing_known(true), nothing_known(false)
-- The packets in which a connection was recognised.
local recognised = {}

function classic.init()
  blind, sighted, recognised = nothing_known(true), nothing_known(false), {}
end

local function value(field)
  local found = field()
  return found and found.value or 0
end

local function apart(from, to)
  return (to - from) % SEQUENCES
end

local function known_state()
  return tcp_sequence() and sighted or blind
end

local function end_name(address, port)
  return tostring(address) .. "/" .. port
end

-- The connection, and the end that says this.
local function names(state, pinfo)
  local from, to = end_name(pinfo.src, pinfo.src_port), end_name(pinfo.dst, pinfo.dst_port)
  if state.blind then return from < to and from .. "/" .. to or to .. "/" .. from, from end
  return value(tcp_stream), from
end

local function side_of(state, pinfo)
  local connection, from = names(state, pinfo)
  local key = connection .. "/" .. from
  local side = state.sides[key]
  if side then return side end
  side = { blind = state.blind, frames = 0, next = 0, boundaries = {}, asked = {}, whole = true, lost = false }
  -- Where the handshake was captured the first byte is a frame's.
  if bit.band(value(tcp_completeness), SAW_HANDSHAKE) == SAW_HANDSHAKE and value(tcp_relative) == 1 then
    side.boundaries[value(tcp_sequence)] = true
  end
  state.sides[key] = side
  return side
end

-- The n of a frame, its size and whether zlib begins its body: true, false, or nil where the bytes do not reach so far.
local function header(bytes)
  local count = bytes:byte(1)
  if not count then return nil, nil, nil end
  if count < 1 or count > 4 then return count, nil, false end
  if #bytes < 1 + count then return count, nil, nil end
  local size = 0
  for at = 2, 1 + count do size = size * 256 + bytes:byte(at) end
  local first, second, third = bytes:byte(2 + count, 4 + count)
  if size < 8 or size > LARGEST_BODY or (first and first ~= 0x78) then return count, size, false end
  if not third then return count, size, nil end
  -- The check bits of zlib, no preset dictionary, and one of the three kinds of deflate block.
  local zlib = (first * 256 + second) % 31 == 0 and bit.band(second, 32) == 0 and bit.band(third, 6) ~= 6
  return count, size, zlib
end

local function telling_bytes(buffer, at)
  return buffer(at, math.min(TELLING, buffer:len() - at)):raw()
end

local function plan_key(pinfo, buffer, together)
  return pinfo.number .. (together and "+" or "-") .. buffer:reported_len()
end

local function ask(side, here)
  side.asked[here] = true
  side.last_asked = here
end

local function open_frame(side, start, count, size, pinfo)
  if side.open and side.open.start == start then return side.open end
  side.frames = side.frames + 1
  local frame = {
    number = side.frames, start = start, count = count, size = size, length = 1 + count + size,
    began = pinfo.rel_ts, lone = value(tcp_length) == 1 or side.lone == start,
    resumed = side.lost, holes = not side.whole,
  }
  side.open, side.whole, side.lost = frame, false, false
  side.boundaries[start] = nil
  side.boundaries[(start + frame.length) % SEQUENCES] = true
  return frame
end

-- Where the buffer lies in the stream. What Wireshark has put together begins where more was asked for and has this
-- segment in it. The second time it may not have been asked: then it begins where a frame is due, or is a new start.
local function position(buffer, pinfo, side, together)
  local length, waits = buffer:reported_len(), side.open and side.asked[side.open.start]
  local key = plan_key(pinfo, buffer, together)
  if side.blind then
    if together then return waits and side.open.start or side.last_asked or side.next end
    return waits and side.open.start + side.open.length or side.next
  end
  local ends = (value(tcp_sequence) + value(tcp_length)) % SEQUENCES
  if not together then
    local start = (ends - length) % SEQUENCES
    if side.unsure == ends then side.boundaries[start] = true end
    return start
  end
  local start = (ends - length) % SEQUENCES
  local planned = blind.plans[key] and blind.plans[key][1]
  local frame = planned and planned.kind == "frame" and planned.frame
  local into = frame and 1 + frame.count - planned.head or 0
  if into > 0 then
    side.boundaries = {}
    open_frame(side, (start - into) % SEQUENCES, frame.count, frame.size, pinfo).late = true
    return start
  end
  for _, starts in ipairs({ side.asked, side.boundaries }) do
    for candidate in pairs(starts) do
      if apart(candidate, value(tcp_sequence)) < length then return candidate end
    end
  end
  -- Frames of which no packet was shown are counted all the same.
  if frame and frame.number > side.frames + 1 then side.frames, side.whole = frame.number - 1, false end
  side.unsure, side.boundaries[start] = ends, true
  return start
end

-- Bytes of the open frame, its first ones left out: they came without being put together.
local function plan_rest(plan, side, buffer, at, here)
  local frame = side.open
  local left = frame.length - apart(frame.start, here)
  local there = buffer:reported_len() - at
  if frame.late and plan.can_ask and there < left then
    ask(side, here)
    plan.ask = { at = at, more = left - there }
    return buffer:reported_len()
  end
  local length = math.min(left, there)
  local whole = frame.late and length == left
  if whole then side.whole, side.asked[here] = true, nil end
  table.insert(plan, { kind = whole and "frame" or "part", frame = frame, at = at, length = length,
    head = 1 + frame.count - apart(frame.start, here), ended = plan.time })
  return at + length
end

local function plan_frame(plan, side, buffer, at, here, pinfo)
  local all = buffer:reported_len()
  local known = not side.blind and (side.boundaries[here] or (side.open and side.open.start == here))
  local count, size, likely = header(at < buffer:len() and telling_bytes(buffer, at) or "")
  local bad = known and count and (count < 1 or count > 4)
  if bad or (not known and likely == false) then
    side.lost = true
    table.insert(plan, { kind = bad and "malformed" or "lost", at = at, length = all - at })
    return all
  end
  if size == nil or (not known and likely == nil) then
    if plan.can_ask and buffer:len() == all then
      if value(tcp_length) == 1 then side.lone = here end
      ask(side, here)
      plan.ask = { at = at, more = DESEGMENT_ONE_MORE_SEGMENT }
    else
      side.lost = true
      table.insert(plan, { kind = "lost", at = at, length = all - at })
    end
    return all
  end
  local frame = open_frame(side, here, count, size, pinfo)
  if at + frame.length > all and plan.can_ask and size <= LARGEST_BODY then
    ask(side, here)
    plan.ask = { at = at, more = at + frame.length - all }
    return all
  end
  side.asked[here], side.whole = nil, true
  if size > LARGEST_BODY then side.open, side.lost = nil, true end
  local length = math.min(frame.length, all - at)
  table.insert(plan, { kind = "frame", frame = frame, at = at, length = length, head = 1 + count, ended = plan.time })
  return at + length
end

local function make_plan(state, buffer, pinfo, together)
  local plan = { can_ask = pinfo.can_desegment > 0, time = pinfo.rel_ts }
  local connection, from = names(state, pinfo)
  if state.sharers[connection] and state.sharers[connection] ~= from then
    table.insert(plan, { kind = "viewer", at = 0, length = buffer:reported_len() })
    return plan
  end
  local side = side_of(state, pinfo)
  local start, at = position(buffer, pinfo, side, together), 0
  while at < buffer:reported_len() do
    local here = (start + at) % SEQUENCES
    local into = side.open and apart(side.open.start, here) or 0
    if into > 0 and into < side.open.length then
      at = plan_rest(plan, side, buffer, at, here)
    else
      at = plan_frame(plan, side, buffer, at, here, pinfo)
    end
  end
  side.next = (start + at) % SEQUENCES
  if side.frames > 0 then state.sharers[connection] = from end
  return plan
end

-- A frame in segments of its own: the original program sends the first byte and the size by themselves, so it may take
-- three of them to tell. Until then nothing is taken from anybody.
local function recognise(state, buffer, pinfo)
  local connection, from = names(state, pinfo)
  local key, here = connection .. "/" .. from, value(tcp_sequence)
  local guess = state.guesses[key]
  if guess == nil and (state.blind or value(tcp_relative) == 1) then
    guess = { start = here, next = here, bytes = "", before = {} }
  end
  state.guesses[key] = false
  if not guess or (guess.next ~= here and not state.blind) then return false end
  local into = guess.next - guess.start
  guess.bytes = (guess.bytes .. (buffer:len() > 0 and telling_bytes(buffer, 0) or "")):sub(1, TELLING)
  guess.next = guess.next + buffer:reported_len()
  table.insert(guess.before, plan_key(pinfo, buffer, false))
  local count, size, likely = header(guess.bytes)
  if likely == nil and #guess.bytes < TELLING then state.guesses[key] = guess end
  -- A leading 0 is read, but nobody writes it.
  if not likely or guess.bytes:byte(2) == 0 then return false end
  local side = side_of(state, pinfo)
  local start = (state.blind and 0 or guess.start)
  side.boundaries[start] = true
  if into > 0 then
    if into == 1 or #guess.before > 2 then side.lone = start end
    local frame = open_frame(side, start, count, size, pinfo)
    frame.late, side.next = true, start + into
    -- What came before is only drawn when Wireshark asks again.
    for _, packet in ipairs(guess.before) do
      state.plans[packet] = { { kind = "part", frame = frame, at = 0, length = tonumber(packet:match("%d+$")) } }
      recognised[packet] = true
    end
  end
  state.plans[plan_key(pinfo, buffer, false)] = make_plan(state, buffer, pinfo, false)
  return true
end

local function plan_of(state, buffer, pinfo, together)
  local key = plan_key(pinfo, buffer, together)
  if state.plans[key] then return state.plans[key] end
  if pinfo.visited and recognised[key] then
    recognise(state, buffer, pinfo)
    return state.plans[key] or blind.plans[key] or {}
  end
  state.plans[key] = make_plan(state, buffer, pinfo, together)
  return state.plans[key]
end

-- The picture has one size throughout, so the first frame that is whole tells that of all.
local function raw_size(side, body)
  if side.raw == nil then
    local pixels = body:uncompress("Picture")
    side.raw = pixels and pixels:len() or false
  end
  return side.raw or classic.prefs.width * classic.prefs.height * 3
end

local function draw_body(item, side, buffer, tree)
  local frame, head = item.frame, math.max(0, item.head)
  local there = math.min(buffer:len() - item.at, item.length) - head
  if there < 2 then return nil end
  local body = buffer(item.at + head, there)
  local zlib = tree:add(fields.zlib, body)
  -- Its first bytes were in packets before it was recognised.
  if item.head < 0 then return nil end
  if body(0, 2):uint() % 31 ~= 0 or bit.band(body(0, 1):uint(), 15) ~= 8 then
    zlib:add_proto_expert_info(experts.zlib)
    return nil
  end
  tree:add(fields.level, body(1, 1), LEVELS[bit.rshift(body(1, 1):uint(), 6)])
  if there < frame.size then return nil end
  local raw = raw_size(side, body)
  if side.raw == false then zlib:add_proto_expert_info(experts.inflate) end
  tree:add(fields.raw, raw):set_generated()
  tree:add(fields.ratio, raw / frame.size):set_generated()
  -- Stored deflate blocks add 5 bytes in 16383; a generous allowance for a stream in strips.
  if frame.size > raw + math.floor(raw / 1000) + 4096 then tree:add_proto_expert_info(experts.large) end
  return raw / frame.size
end

local function draw_frame(item, side, buffer, tree)
  local frame = item.frame
  if item.head == 1 + frame.count then
    tree:add(fields.size_bytes, buffer(item.at, 1))
    tree:add(fields.size, buffer(item.at + 1, frame.count))
    if frame.count > 1 and buffer(item.at + 1, 1):uint() == 0 then tree:add_proto_expert_info(experts.padded) end
  else
    tree:add(fields.size_bytes, frame.count):set_generated()
    tree:add(fields.size, frame.size):set_generated()
  end
  tree:add(fields.number, frame.number):set_generated()
  if frame.lone then tree:add(fields.lone, true):set_generated() end
  if frame.resumed then tree:add_proto_expert_info(experts.resumed) end
  if frame.holes then tree:add_proto_expert_info(experts.holes) end
  if frame.size == 0 then
    tree:add_proto_expert_info(experts.empty)
    return "Malformed frame: size 0"
  elseif frame.size > LARGEST_BODY then
    tree:add_proto_expert_info(experts.impossible)
    return "Malformed frame: size " .. frame.size
  end
  local ratio = draw_body(item, side, buffer, tree)
  if item.length < item.head + frame.size or buffer:len() < item.at + item.length then
    tree:add_proto_expert_info(experts.cut)
  else
    tree:add(fields.transfer, item.ended - frame.began):set_generated()
  end
  local text = string.format("Frame %d  %d bytes%s", frame.number, frame.size, ratio and string.format("  ratio %.1f", ratio) or "")
  tree:append_text(", " .. text)
  return text
end

local function draw_item(item, side, buffer, root)
  local there = math.max(0, math.min(item.length, buffer:len() - item.at))
  local tree = root:add(classic, buffer(math.min(item.at, buffer:len()), there))
  if item.kind == "frame" then return draw_frame(item, side, buffer, tree) end
  if item.kind == "part" then
    tree:add(fields.part, item.frame.number):set_generated()
    return string.format("Part of frame %d", item.frame.number)
  elseif item.kind == "malformed" then
    tree:add(fields.size_bytes, buffer(item.at, 1))
    tree:add_proto_expert_info(experts.size_bytes)
    return "Malformed frame: " .. buffer(item.at, 1):uint() .. " size bytes"
  elseif item.kind == "viewer" then
    tree:add_proto_expert_info(experts.viewer)
    return "Data from the viewer"
  end
  tree:add_proto_expert_info(experts.lost)
  return "Inside a frame whose beginning was not captured"
end

-- What the info column says of this packet so far: a packet can end one frame and then begin others. Wireshark may have
-- fenced that off, or not.
local told = { number = 0, together = false, text = "" }

local function tell(pinfo, together, text)
  local more = told.number == pinfo.number and told.together and not together
  local all = more and told.text .. ", " .. text or text
  pinfo.cols.protocol = "PEERGLASS"
  if more and tostring(pinfo.cols.info):sub(-#told.text) == told.text then
    pinfo.cols.info:append(", " .. text)
  else
    pinfo.cols.info = all
  end
  told = { number = pinfo.number, together = together, text = all }
end

local function dissect(buffer, pinfo, root)
  local together = buffer:offset() == 0
  local state = known_state()
  local plan = plan_of(state, buffer, pinfo, together)
  local texts = {}
  for _, item in ipairs(plan) do table.insert(texts, draw_item(item, side_of(state, pinfo), buffer, root)) end
  if #texts > 0 then tell(pinfo, together, table.concat(texts, ", ")) end
  if plan.ask then
    pinfo.desegment_offset = plan.ask.at
    pinfo.desegment_len = plan.ask.more
  end
  return buffer:len()
end

-- Functions of the protocol are set here and called by their own names: Wireshark lets nobody read them back.
classic.dissector = dissect

classic:register_heuristic("tcp", function(buffer, pinfo, root)
  if pinfo.visited or not recognise(known_state(), buffer, pinfo) then return false end
  pinfo.conversation = classic
  dissect(buffer, pinfo, root)
  return true
end)

local registered = nil
local function register()
  local ports = DissectorTable.get("tcp.port")
  if registered then ports:remove(registered, classic) end
  registered = classic.prefs.ports ~= "" and classic.prefs.ports or nil
  if registered then ports:add(registered, classic) end
end
classic.prefs_changed = register
register()
-- Also where the preference names no port at all.
DissectorTable.get("tcp.port"):add_for_decode_as(classic)
