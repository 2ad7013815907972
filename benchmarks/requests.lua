-- wrk script: sends each line of a file (a request target), from the top again when it ends; prints in JSON what came back.
-- Arguments: the file, the media type to accept, and "distinct" when no two requests may be the same: then each also
-- accepts a media type of its own that nobody has. One thread.

function init(args)
  name, accept, distinct = args[1], args[2], args[3] == "distinct"
  lines = io.lines(name)
  sent = 0
end

function request()
  local target = lines()
  if not target then
    lines = io.lines(name)
    target = lines()
  end
  sent = sent + 1
  local own = distinct and ", application/x-" .. sent .. ";q=0.1" or ""
  return "GET " .. target .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: " .. accept .. own .. "\r\n\r\n"
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write
  local form = '\nJSON {"requests": %d, "seconds": %.4f, "errors": %d, "timeouts": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n'
  io.write(string.format(form, summary.requests, summary.duration / 1e6, failed, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
