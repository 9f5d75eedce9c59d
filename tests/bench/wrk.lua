-- wrk -s wrk.lua URL -- COOKIES: every request has a random one of these cookies.
local requests = {}

function init(arguments)
  for cookie in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", "/me", { Host = "localhost:3000", Cookie = cookie })
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary)
  local failed = 0
  for _, count in pairs(summary.errors) do
    failed = failed + count
  end
  print(string.format("RATE %.1f %d", summary.requests / summary.duration * 1e6, failed))
end
