-- One event a request, every one with an id of its own. Arguments: file of "site item" lines, run.
local places, run, n = {}, "", 0
local counter = 0

function setup(thread)
  counter = counter + 1
  thread:set("thread_id", counter)
end

function init(args)
  for line in io.lines(args[1]) do
    local site, item = line:match("^(%S+) (%S+)$")
    places[#places + 1] = { site, item }
  end
  run = args[2]
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  n = n + 1
  local place = places[n % #places + 1]
  return wrk.format(nil, "/api/events", nil, string.format(
    '{"kind":"stock.consumed/1","source":"bench","id":"%s-%d-%d","at":"2026-03-02T06:00:00Z",' ..
    '"site":"%s","item":"%s","qty":1}', run, thread_id, n, place[1], place[2]))
end
