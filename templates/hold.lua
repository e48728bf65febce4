-- {{ node }} of {{ cluster }}, written by redos.

-- Leads readers to a node again that a switchover led them past and never finished, because redos was killed. A
-- switchover leads them past a node for a second at most, so 4 s are not part of one.
core.register_task(function()
    local looks = {}
    while true do
        core.msleep(2000)
        for name, backend in pairs(core.backends) do
            for node, server in pairs(name:sub(1, 5) == "read_" and backend.servers or {}) do
                local slot = name .. "/" .. node
                -- A node that is down counts as draining as well.
                local drains = server:is_draining() and server:get_stats().status == "DRAIN"
                looks[slot] = drains and (looks[slot] or 0) + 1 or nil
                if looks[slot] == 3 then
                    server:set_ready()
                    looks[slot] = nil
                end
            end
        end
    end
end)

-- Holds a new connection for writes while there is no known master, so that its client waits for some moments instead
-- of being closed. It checks every 25 ms whether there is a master, and more rarely the more connections there are: all
-- together some 10,000 times a second at most, so that they leave time for the checks that find the master.
core.register_action("hold", { "tcp-req" }, function(txn, backend, milliseconds)
    local function now()
        local time = core.now()
        return time.sec * 1000 + time.usec // 1000
    end
    local ends = now() + tonumber(milliseconds)
    while txn.f:nbsrv(backend) ~= 1 do
        local left = ends - now()
        if left < 10 then
            return
        end
        -- A sleep that HAProxy finds over when it has just begun, since its thread had no processor for so long, is forgotten:
        -- the connection then sleeps until the inspect-delay ends. HAProxy sets its clock at a yield, and the sleep begins
        -- right after it: 1 instead of 12 of 1,200 connections slept on, on two processors with five times the load.
        core.yield()
        core.msleep(math.min(left, 25 + txn.f:be_conn(backend) // 10))
        -- No client reads the answer any more, so its request is not carried out.
        if not txn.req:may_recv() then
            return act.ABORT
        end
    end
end, 2)
