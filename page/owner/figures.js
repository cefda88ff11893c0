/**
 * A time as people read it: `420 ms`, `12 s`, `3 min`, `2 h 5 min`.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const s = Math.round(ms / 1_000);
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  return `${Math.floor(min / 60)} h ${min % 60} min`;
}

/**
 * A place in a sound, `1:05`.
 * @param {number} ms
 */
export function place(ms) {
  const s = Math.floor(ms / 1_000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/**
 * A number of things, `1 room`, `2 rooms`.
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
function several(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

const budgetSteps = new Map([
  ['full', 'plenty is left'],
  ['cheaper', 'over 80 %: the cheaper voice speaks'],
  ['shorter', 'over 90 %: answers are short'],
  ['captions', 'used up for answers: captions only'],
  ['quiet', 'used up: it is quiet'],
]);

/**
 * What a server has spent today, of what it may.
 * @param {import('./snapshot.js').Budget} budget
 */
export function spent({ usd, minutes, capUsd, capMinutes, isUnpriced, turns, step, quietUntil }) {
  const money = capUsd > 0 ? `$${usd.toFixed(4)} of $${capUsd.toFixed(2)}` : `$${usd.toFixed(4)}`;
  const time =
    capMinutes > 0 ? `${minutes.toFixed(1)} of ${capMinutes} min` : `${minutes.toFixed(1)} min`;
  const hasCap = capUsd > 0 || capMinutes > 0;
  return [
    money,
    ...(isUnpriced ? [`${time} without a known price`] : []),
    several(turns, 'answer'),
    ...(hasCap || step !== 'full' ? [budgetSteps.get(step) ?? step] : []),
    ...(quietUntil ? [`until ${quietUntil}`] : []),
  ].join(', ');
}

/**
 * Who is there.
 * @param {Pick<import('./snapshot.js').Room, 'heard' | 'unheard'>} room
 */
export function company({ heard, unheard }) {
  const others =
    unheard === 0 ? [] : [several(unheard, 'person who is not heard', 'people who are not heard')];
  return [...heard, ...others].join(', ') || 'nobody';
}

const states = new Map([
  ['listening', 'listens'],
  ['captions_only', 'writes captions only'],
  ['thinking', 'thinks'],
  ['step', 'uses a tool'],
  ['paused', 'hears nobody: muted'],
  ['reconnecting', 'is reconnecting'],
  ['hearing', 'hears somebody'],
  ['speaking', 'speaks'],
  ['quiet', 'is quiet: the budget is used'],
  ['left', 'has left'],
]);

/**
 * What the bot does in a room.
 * @param {Pick<import('./snapshot.js').Room, 'state' | 'about'>} room
 */
export function doing({ state, about }) {
  if (about && state === 'hearing') return `hears ${about}`;
  if (about && state === 'speaking') return `answers ${about}`;
  return states.get(state) ?? state;
}

/**
 * What waits to be said.
 * @param {Pick<import('./snapshot.js').Room, 'waiting' | 'aside'>} room
 */
export function queue({ waiting, aside }) {
  const parts = [
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(aside > 0 ? [`${aside} answered later`] : []),
  ];
  return parts.join(', ') || 'empty';
}

/**
 * How the voice link of a room is, line by line.
 * @returns {string[]}
 * @param {Pick<import('./snapshot.js').Room, 'link' | 'traffic'>} room
 */
export function linkWords({ link, traffic: { ageMs, udpAgeMs } }) {
  if (!link) return ['away, to be opened again'];
  const open = ageMs === undefined ? '' : `open for ${duration(ageMs)}, `;
  return [
    link.endToEnd ? 'end-to-end encrypted (DAVE)' : 'not end-to-end encrypted',
    link.cipher,
    `${open}joined in ${duration(link.joinedInMs)}`,
    udpAgeMs === undefined ? 'no UDP packet came yet' : `last UDP packet ${duration(udpAgeMs)} ago`,
  ];
}

/**
 * How what people say arrives.
 * @param {import('./snapshot.js').Traffic} traffic
 */
export function reception({ lossShare, jitterMs }) {
  if (lossShare === undefined) return 'nobody was heard in the last 5 minutes';
  const jitter = jitterMs === undefined ? [] : [`jitter ${duration(jitterMs)}`];
  return [`${(lossShare * 100).toFixed(1)} % lost`, ...jitter, 'in the last 5 minutes'].join(', ');
}

/** Words for what a voice link counts, by the name of the count, for one and for several. */
const counted = new Map([
  ['opened', ['packet received', 'packets received']],
  ['sent', ['packet sent', 'packets sent']],
  ['notAllowed', ['dropped unopened: no consent']],
  ['held', ['held until its speaker was known', 'held until their speaker was known']],
  ['sealed', ['could not be decrypted']],
  ['unparsed', ['could not be parsed']],
  ['ahead', ['dropped: faster than real time']],
  ['replayed', ['dropped: sent twice']],
  ['overflowed', ['lost: not read in time']],
  ['foreign', ['from another address']],
  ['short', ['too short for sound']],
  ['unreachable', ['did not reach the voice server']],
  ['dropped', ['dropped: waited over 10 s']],
  ['refused', ['refused by the voice library']],
  ['shifts', ['stall of this machine', 'stalls of this machine']],
  ['errors', ['error of the voice library', 'errors of the voice library']],
]);

/**
 * What the link of a room counted, in words; all but the first two are troubles, and left out where there were none.
 * @param {Record<string, number>} counts
 * @returns {string[]}
 */
export function countWords(counts) {
  return [...counted].flatMap(([name, [one = name, many = one]]) => {
    const count = counts[name] ?? 0;
    return count > 0 || name === 'opened' || name === 'sent' ? [several(count, one, many)] : [];
  });
}

/**
 * How each provider of a role stands, in order of preference.
 * @param {import('./snapshot.js').Breaker[]} breakers
 */
export function breakerWords(breakers) {
  const asked = breakers.find(({ state }) => state === 'closed');
  return breakers.map((one) => `${one.provider} ${one === asked ? 'is asked' : standing(one)}`);
}

/** @param {import('./snapshot.js').Breaker} breaker */
function standing({ state, restMs = 0, code }) {
  const why = code ? ` after ${code}` : '';
  if (state === 'closed') return 'stands by';
  if (state === 'trial') return `is being tried again${why}`;
  if (restMs === 0) return `has rested${why}, and is tried by the next request`;
  return `rests for ${duration(restMs)} more${why}`;
}

/**
 * How it is, in one line.
 * @param {import('./snapshot.js').Snapshot} snapshot
 */
export function summary({ rooms, alerts, providers, stages }) {
  const bad = providers.filter(({ state }) => state !== 'works');
  const answer = stages.firstSentMs;
  return [
    rooms.length === 0 ? 'In no channel' : `In ${several(rooms.length, 'channel')}`,
    alerts.length === 0 ? 'no alert' : several(alerts.length, 'alert'),
    bad.length === 0
      ? 'all providers work'
      : `trouble with ${bad.map(({ role }) => role).join(' and ')}`,
    answer
      ? `answers begin after ${answer.p50Ms.toLocaleString('en')} ms (p95 ${answer.p95Ms.toLocaleString('en')})`
      : 'nothing was answered yet',
  ].join(', ');
}

const outcomes = new Map([
  ['stopped', 'Stopped.'],
  ['nothing', 'There was no speech or sound to stop.'],
  ['left', 'The bot has left.'],
  ['paused', 'Muted: the bot hears nobody there until you or a person there unmutes it.'],
  ['resumed', 'Unmuted: people are heard again.'],
]);

/**
 * What became of an action.
 * @param {string} outcome
 */
export function outcomeWords(outcome) {
  return outcomes.get(outcome) ?? outcome;
}
