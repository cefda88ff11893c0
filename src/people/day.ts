/** No local day is longer, even where a country crosses the date line. */
const longestDayMs = 49 * 3_600_000;

/**
 * The first instant of the next local day, in milliseconds since 1970: where "today" ends.
 *
 * Days of 23 and 25 hours are as long as they are. `timeZone` is an IANA name; absent: the machine's own.
 */
export function endOfDay(wallMs: number, timeZone?: string): number {
  const calendar = new Intl.DateTimeFormat('en-CA', {
    ...(timeZone && { timeZone }),
    dateStyle: 'short',
  });
  const today = calendar.format(wallMs);
  let [insideMs, beyondMs] = [wallMs, wallMs + longestDayMs];
  while (beyondMs - insideMs > 1) {
    const middleMs = Math.floor((insideMs + beyondMs) / 2);
    if (calendar.format(middleMs) === today) insideMs = middleMs;
    else beyondMs = middleMs;
  }
  return beyondMs;
}
