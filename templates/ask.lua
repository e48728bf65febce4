-- {{ node }} of {{ cluster }}, written by redos.
--
-- Asks every Redis node and every Sentinel over one connection that stays open, and sets the servers of haproxy.cfg up and
-- down by the answers. HAProxy's own checks open a connection for each question, and cost ten times as much. They ask the
-- same, every {{ net_interval }} ms, in case that this script errs.
--
-- One answer of a server is all there is to know of it, so each has one task. A task that has not run for a while is
-- replaced: HAProxy can forget to wake one.

local LATE_ANSWERS = {{ late_answers }}
local LATE_ANSWERS_OF_VETO = {{ late_answers_of_veto }}
-- Milliseconds between two questions to a node that is master, to others, to a Sentinel, and to all nodes while something
-- happens. All are asked at the same moments: to wake up costs HAProxy more than to ask.
local MASTER_INTERVAL = {{ brisk_interval }}
local OTHER_INTERVAL = {{ calm_interval }}
local SENTINEL_INTERVAL = {{ brisk_interval }}
local URGENT_INTERVAL = {{ question_interval }}
-- How often it is looked whether a node has come to a slot without one.
local ABSENT_INTERVAL = 400
-- Soon after an answer that is missing comes the next question.
local AGAIN = {{ change_interval }}
-- HAProxy's own checks and redos set servers, too. So they are set after this time also where a Sentinel says the same.
local RECOUNT = 1000
-- How long something counts as happening after the last change.
local URGENT_FOR = 5000
-- How long a connection may take, and how long a server may be silent on one, from its last answer on. HAProxy 3.0 ends when
-- the time of a connection that is idle is made shorter, so one time holds for the whole of its life. It is longer than
-- the time between two questions.
local CONNECT = {{ patient_interval }}
local ANSWER = {{ answer_time }}
-- How long a replica counts as one after its last answer as such, and for how many seconds its link may be broken.
local TRUST = {{ trust }}
local LINK_GRACE = {{ link_grace_seconds }}
-- A task that was not awake for so long is replaced.
local LOST = {{ lost }}
-- A part of the answer to SENTINEL MASTER that holds name, address and flags, in bytes. The shortest answer is longer.
local VOTE_LENGTH = {{ vote_length }}
local LOGIN = {{ login_in_lua }}

local tasks, groups = {}, {}
local urgent_until = 0

local function now()
    local time = core.now()
    return time.sec * 1000 + time.usec // 1000
end

local function is_urgent()
    return now() < urgent_until
end

local function nap(task, milliseconds)
    task.beat = now()
    -- Why a yield comes first is in hold.lua.
    core.yield()
    core.msleep(milliseconds)
    task.beat = now()
end

-- Sleeps until the next moment that is a multiple of this many milliseconds.
local function nap_until(task, multiple)
    nap(task, multiple - now() % multiple)
end

-- ---- connections ----

local function close(task)
    if task.socket then
        pcall(task.socket.close, task.socket)
    end
    task.socket = nil
end

-- Connects, or uses the open connection, sends a question, and reads with `answer`. Without an answer it returns nil.
local function ask(task, question, answer)
    local is_new = not task.socket
    task.beat = now()
    if is_new then
        task.socket = core.tcp()
    end
    local socket = task.socket
    if is_new then
        socket:settimeout(CONNECT / 1000)
{% if tls %}
        -- HAProxy verifies the certificate there, which a connection of Lua's own does not.
        if not socket:connect("abns@redos-ask") then
            return close(task)
        end
        question = string.format("PROXY TCP4 127.0.0.1 %s 1 %s\r\n", task.ip, task.port) .. LOGIN .. question
{% else %}
        if not socket:connect(task.ip, tonumber(task.port)) then
            return close(task)
        end
        question = LOGIN .. question
{% endif %}
        socket:settimeout(ANSWER / 1000)
    end
    local is_open = socket:send(question) and (not is_new or socket:receive("*l") == "+OK")
    local said = is_open and answer(task, socket)
    if task.socket ~= socket then
        error("it was replaced")
    end
    task.beat = now()
    if not said then
        return close(task)
    end
    task.answered = now()
    return said
end

-- ---- verdict ----

-- The node that is to get the writes by the rule in haproxy.cfg; an empty text for none.
local function verdict(group)
    local socket = core.tcp()
    socket:settimeout(0.5)
    if not socket:connect("abns@redos-decide-" .. group) then
        return nil
    end
    socket:send("GET /master HTTP/1.0\r\n\r\n")
    local answer = socket:receive("*a")
    pcall(socket.close, socket)
    return answer and (answer:match("^HTTP/1%.. 200 .*\r\n\r\n(.*)$") or answer:match("^HTTP/1%.. ") and "")
end

local function lead_writes(group, master)
    for name, server in pairs(group.writes) do
        if name ~= master then
            server:check_force_down()
        end
    end
    if group.writes[master] then
        group.writes[master]:check_force_up()
    end
    group.master = master
end

-- Has HAProxy evaluate its verdict now. Only one task does so at a time; it goes on while others wish for more.
local function judge(group)
    group.is_wanted = true
    if group.judged and now() - group.judged < 1000 then
        return
    end
    while group.is_wanted do
        group.is_wanted, group.judged = false, now()
        local _, master = pcall(verdict, group.name)
        -- Before all connections are closed, a second look.
        if master == "" and group.master ~= "" then
            core.yield()
            core.msleep({{ second_verdict }})
            _, master = pcall(verdict, group.name)
        end
        if type(master) == "string" then
            lead_writes(group, master)
        else
            -- The next answer of any server has it evaluated once more.
            group.is_changed = true
        end
    end
    group.judged, group.seen = nil, now()
end

-- Sets a server up or down. HAProxy's own checks and redos set it, too, so it is set also where it was so by the last
-- answer. A change has the verdict evaluated and all servers asked more often.
--
-- Of a Sentinel that names the node and does not say more, HAProxy's check makes a stopping server, which counts as one
-- that is down. So it is set to that, and they do not set it to and fro.
local function set(group, server, key, up, is_named)
    if up then
        server:check_force_up()
    elseif is_named then
        server:check_force_nolb()
    else
        server:check_force_down()
    end
    if group.facts[key] ~= up then
        group.facts[key] = up
        urgent_until = now() + URGENT_FOR
        group.is_changed = true
    end
end

local function conclude(task, group)
    if group.is_changed or now() - (group.seen or 0) > 1000 then
        group.is_changed, task.beat = false, now()
        judge(group)
        task.beat = now()
    end
end

-- A server that has begun to be silent is a reason to ask all of them more often.
local function note_silence(task)
    if task.missing < LATE_ANSWERS then
        urgent_until = now() + URGENT_FOR
    end
end

-- ---- Redis nodes ----

local function replication(_, socket)
    local pong, head = socket:receive("*l"), socket:receive("*l")
    local length = head and head:match("^%$(%d+)$")
    local text = length and socket:receive(tonumber(length) + 2)
    return pong == "+PONG" and text or nil
end

local function may_read(text)
    if text:find("\r\nmaster_link_status:up\r\n", 1, true) then
        return true
    end
    local broken = tonumber(text:match("\r\nmaster_link_down_since_seconds:(%-?%d+)\r\n"))
    return broken ~= nil and broken >= 0 and broken <= LINK_GRACE
end

local function ask_node(task)
    local group = task.group
    local was_open, is_closed = task.socket ~= nil, false
    local text = ask(task, "PING\r\nINFO replication\r\n", replication)
    local name = task.name
    if text then
        task.missing = 0
        local replica = text:find("\r\nrole:slave\r\n", 1, true) ~= nil
        local reads = replica and may_read(text)
        if replica then
            task.was_replica = now()
        end
        task.unread = (reads or not replica) and 0 or task.unread + 1
        set(group, task.claims, "claims" .. name, not replica)
        -- A link that is broken is looked at again, as an answer that is missing.
        if task.unread == 0 or task.unread >= LATE_ANSWERS then
            set(group, task.reads, "reads" .. name, reads)
        end
    else
        -- A server that has closed the connection has ended, unless it takes the next one. One that is silent may be slow.
        is_closed = was_open and now() - task.answered < ANSWER
        task.missing = math.max(task.missing + 1, is_closed and LATE_ANSWERS - 1 or 0)
        if task.missing >= LATE_ANSWERS then
            set(group, task.claims, "claims" .. name, false)
            set(group, task.reads, "reads" .. name, false)
        end
        note_silence(task)
    end
    set(group, task.replicas, "replicas" .. name, now() - task.was_replica <= TRUST)
    conclude(task, group)
    if task.missing > 0 and task.missing < LATE_ANSWERS or task.unread > 0 and task.unread < LATE_ANSWERS then
        -- One that has just ended may take a connection for 30 ms, and not answer.
        return is_closed and URGENT_INTERVAL or AGAIN
    end
    return group.facts["claims" .. name] and MASTER_INTERVAL or OTHER_INTERVAL
end

-- ---- Sentinels ----

-- An answer has no length. But it is about as long as the last one, so nearly all of it is read at once, and the rest in
-- lines, up to the answer to PING.
local function naming(task, socket)
    local lengths, name = task.lengths, task.asking
    local head = socket:receive("*l")
    if not head then
        return nil
    end
    if head:sub(1, 1) ~= "*" then
        return socket:receive("*l") and head
    end
    local text = socket:receive(lengths[name] or VOTE_LENGTH)
    -- HAProxy 2.6 ends when a line begins with the \n of an \r that was read before.
    if text and text:sub(-1) == "\r" then
        text = text .. (socket:receive(1) or "")
    end
    local length = text and #text
    local line = text and socket:receive("*l")
    while line and line ~= "+PONG" do
        length = length + #line + 2
        line = socket:receive("*l")
    end
    -- The next one is shorter by some digits at most, while nothing happens.
    local is_calm = text and text:find("\r\nflags\r\n$6\r\nmaster\r\n", 1, true)
    lengths[name] = is_calm and length and math.max(VOTE_LENGTH, length - 24) or nil
    return line and text
end

-- The first part of an answer, which ends with the flags.
local function up_to_flags(text)
    local place = text:find("\r\nflags\r\n", 1, true)
    place = place and text:find("\r\n", place + 9, true)
    place = place and text:find("\r\n", place + 2, true)
    return place and text:sub(1, place + 1)
end

-- Counts what a Sentinel says of a group, or that it says nothing. What it said the last time is counted again after a while.
local function count_votes(task, group, text)
    local ip, port, flags
    if text then
        local said = up_to_flags(text)
        if said and said == task.said[group.name] and now() - task.counted[group.name] < RECOUNT then
            return
        end
        task.said[group.name], task.counted[group.name] = said, now()
        ip, port = text:match("\r\nip\r\n%$%d+\r\n([^\r]*)\r\n%$%d+\r\nport\r\n%$%d+\r\n([^\r]*)\r\n")
        flags = text:match("\r\nflags\r\n%$%d+\r\n([^\r]*)\r\n") or ""
    end
    for node, slot in pairs(group.slots) do
        local is_named = ip == slot.ip and port == slot.port
        local key = node .. task.name
        if text or task.missing >= LATE_ANSWERS then
            set(group, slot.votes[task.name], "vote" .. key, is_named and flags == "master", is_named)
        end
        -- Silence ends no veto before the failover ends.
        if text or task.missing >= LATE_ANSWERS_OF_VETO then
            local is_replacing = is_named and flags:find("failover_in_progress", 1, true) ~= nil
            set(group, slot.failing[task.name], "veto" .. key, is_replacing, is_named)
        end
    end
    conclude(task, group)
end

local function ask_sentinel(task)
    local is_silent = false
    for name, group in pairs(groups) do
        local text
        if not is_silent then
            task.asking = name
            text = ask(task, "SENTINEL MASTER " .. name .. "\r\nPING\r\n", naming)
            is_silent = not text
            task.missing = text and 0 or task.missing + 1
        end
        count_votes(task, group, text)
    end
    if is_silent then
        task.lengths, task.said = {}, {}
        note_silence(task)
    end
    return task.missing > 0 and task.missing < LATE_ANSWERS_OF_VETO and AGAIN or SENTINEL_INTERVAL
end

-- ---- tasks ----

local function is_absent(task)
    return task.slot:get_stats().status:sub(1, 5) == "MAINT"
end

-- One question, and the time until the next. The slot of a node that the cluster does not have is not asked.
local function step(task)
    if not task.socket and is_absent(task) then
        task.missing, task.was_here = 0, false
        nap_until(task, ABSENT_INTERVAL)
        return
    end
    if not task.was_here then
        task.was_here, urgent_until = true, now() + URGENT_FOR
    end
    local pause = task.ask(task)
    if pause <= URGENT_INTERVAL then
        nap(task, pause)
        return
    end
    local due = now() - now() % pause + pause
    repeat
        nap_until(task, is_urgent() and URGENT_INTERVAL or math.min(pause, MASTER_INTERVAL))
    until now() >= due or task.group and is_urgent()
end

local function start(task)
    task.life = (task.life or 0) + 1
    task.beat = now()
    local life = task.life
    core.register_task(function()
        while task.life == life do
            local ok, why = pcall(step, task)
            if not ok and task.life == life then
                core.Warning("asking " .. task.name .. ": " .. tostring(why))
                close(task)
                nap(task, AGAIN)
            end
        end
    end)
end

local function add(task)
    task.missing = 0
    tasks[#tasks + 1] = task
end

local function servers(backend)
    return core.backends[backend] and core.backends[backend].servers or {}
end

local function address(server)
    return server:get_addr():match("^([%d.]+):(%d+)")
end

core.register_init(function()
    for name, server in pairs(servers("sentinels")) do
        local ip, port = address(server)
        add({ name = name, ip = ip, port = port, slot = server, ask = ask_sentinel, lengths = {}, said = {}, counted = {} })
    end
    for backend, _ in pairs(core.backends) do
        local name = backend:match("^claims_(.+)$")
        if name then
            local group = { name = name, slots = {}, facts = {}, writes = {}, master = "" }
            for node, server in pairs(servers("write_" .. name)) do
                if node ~= "existing" then
                    group.writes[node] = server
                    server:check_force_down()
                end
            end
            groups[name] = group
            for node, server in pairs(servers(backend)) do
                local ip, port = address(server)
                local slot = { ip = ip, port = port, votes = {}, failing = {} }
                for sentinel, vote in pairs(servers("votes_" .. name .. "_" .. node)) do
                    slot.votes[sentinel] = vote
                    vote:check_force_down()
                end
                for sentinel, veto in pairs(servers("failing_" .. name .. "_" .. node)) do
                    slot.failing[sentinel] = veto
                    veto:check_force_down()
                end
                group.slots[node] = slot
                local task = { name = node, ip = ip, port = port, slot = server, ask = ask_node, group = group, unread = 0 }
                task.claims, task.reads = server, servers("read_" .. name)[node]
                task.replicas, task.was_replica = servers("replicas_" .. name)[node], -TRUST
                task.claims:check_force_down()
                task.reads:check_force_down()
                task.replicas:check_force_down()
                add(task)
            end
        end
    end
    for _, task in ipairs(tasks) do
        start(task)
    end
    -- This tells redos that the answers come from here.
    servers("answers").lua:set_ready()
end)

-- Every evaluation of the verdict, also that of HAProxy's own checks, looks whether a task was lost.
core.register_action("watch", { "http-req" }, function()
    for _, task in ipairs(tasks) do
        if now() - task.beat > LOST then
            core.Warning("asking " .. task.name .. ": not awake for " .. now() - task.beat .. " ms")
            close(task)
            start(task)
        end
    end
end, 0)
