// The first filter, where the binding `RATE_LIMIT` is there: approximate, and counted in each of the platform's locations on
// its own. The exact limits are the core's and the providers', in records.

import { log } from "./events.mjs";
import { clientAddress } from "./request.mjs";

/** Whether this request is one too many. What cannot be counted is let through. */
export async function isLimited(request, path, limiter) {
  const address = clientAddress(request);
  if (limiter === undefined || address === undefined || !(request.method === "POST" || path.endsWith("/authorize"))) {
    return false;
  }
  try {
    const { success } = await limiter.limit({ key: networkOf(address) });
    return !success;
  } catch (error) {
    log("error", "rate_limit.unavailable", { problem: String(error?.message ?? error) });
    return false;
  }
}

/** What one household or office has: an IPv4 address, the first half of an IPv6 one. Anything else is itself. */
function networkOf(address) {
  const host = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1);
  if (host === undefined) {
    return address;
  }
  const [head, tail] = host.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const groups = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  const [high, low] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return groups.slice(0, 6).join() === "0,0,0,0,0,ffff" ? [high >> 8, high & 255, low >> 8, low & 255].join(".") : groups.slice(0, 4).join(":");
}
