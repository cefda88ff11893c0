import type { GuildId } from '#src/base/ids.ts';
import {
  type JobUrgency,
  type ModelJob,
  urgencies,
} from '#src/speech/local/model-jobs.ts';

/** The part of a job that decides its turn. */
export type QueuedJob = Pick<ModelJob, 'guildId' | 'urgency' | 'threadMs' | 'bytes'>;

/** Work of one server that may wait. 25 people who end a sentence of 3 s at once leave 17 s. */
const maxWaiting = { threadMs: 30_000, bytes: 16_000_000 };
/** Work of all servers that may wait. The last quarter is left for servers of which nothing waits. */
const maxOfAll = { bytes: 64_000_000, sharedBytes: 48_000_000 };
/** How many jobs may have begun. All but the latest stand still. */
export type RunningLimits = { readonly ofServer: number; readonly ofAll: number };

/** Each job that stands still takes about 20 MB. */
const standardLimits: RunningLimits = { ofServer: 3, ofAll: 5 };

type RunningJob<Job> = { readonly job: Job; readonly atMs: number };
type ServerJobs<Job> = {
  readonly waiting: Job[];
  readonly turns: FairTurns<JobUrgency>;
};

/**
 * Order of the jobs of one thread. Servers take turns by the time that they have used, and so do kinds of work in a server:
 * live ears come first, then voices, then recordings. At the end of a run of a model, a job goes before a running one of its
 * server that is less urgent, and before one of another server whose turn, after it, is later. So a sentence takes at most
 * three times its time alone, whatever another server asks for.
 *
 * @example
 * import { toGuildId } from '#src/base/ids.ts';
 * import { JobQueue, type QueuedJob } from '#src/speech/local/jobs/job-queue.ts';
 *
 * const queue = new JobQueue<QueuedJob>();
 * const size = { threadMs: 600, bytes: 96_000 };
 * const [a, b] = [toGuildId('1'), toGuildId('2')];
 * for (const guildId of [a, a, b]) queue.add({ ...size, guildId, urgency: 'recording' });
 * const served: unknown[] = [];
 * for (let job = queue.begin(); job; job = queue.begin()) {
 *   served.push(job.guildId);
 *   queue.end(job);
 * }
 * served; // ['1', '2', '1']
 */
export class JobQueue<Job extends QueuedJob> {
  readonly #servers = new Map<GuildId, ServerJobs<Job>>();
  readonly #turns = new FairTurns<GuildId>();
  /** The latest job is the last. */
  readonly #running: RunningJob<Job>[] = [];
  readonly #maxRunning: RunningLimits;

  constructor(maxRunning: RunningLimits = standardLimits) {
    this.#maxRunning = maxRunning;
  }

  /** Whether this job fits into the work of its server that may wait. */
  canAdd(job: QueuedJob): boolean {
    const own = this.#servers.get(job.guildId)?.waiting ?? [];
    const all = [...this.#servers.values()].flatMap(({ waiting }) => waiting);
    const allBytes = addEach([...all, job], 'bytes');
    if (own.length === 0) return allBytes <= maxOfAll.bytes;
    const isOwnSmall =
      addEach([...own, job], 'bytes') <= maxWaiting.bytes &&
      addEach([...own, job], 'threadMs') <= maxWaiting.threadMs;
    return isOwnSmall && allBytes <= maxOfAll.sharedBytes;
  }

  /** Adds a job that waits. */
  add(job: Job): void {
    const { guildId, urgency } = job;
    const isIdle = !this.#servers.has(guildId) && !this.#isRunning({ guildId });
    if (isIdle) this.#turns.enter(guildId, this.#running[0]?.atMs);
    const server = this.#servers.get(guildId) ?? {
      waiting: [],
      turns: new FairTurns(),
    };
    this.#servers.set(guildId, server);
    const isFirst = server.waiting.every((other) => other.urgency !== urgency);
    if (isFirst && !this.#isRunning({ guildId, urgency })) server.turns.enter(urgency);
    server.waiting.push(job);
  }

  /** Removes a waiting job. Returns false if it does not wait. */
  drop(job: Job): boolean {
    const waiting = this.#servers.get(job.guildId)?.waiting ?? [];
    const at = waiting.indexOf(job);
    if (at >= 0) waiting.splice(at, 1);
    if (at >= 0) this.#forgetIdle(job.guildId);
    return at >= 0;
  }

  /** Begins the next job, if one may begin beside those that run. */
  begin(): Job | undefined {
    const next = this.#listNext().find((candidate) => this.#mayBegin(candidate));
    if (!next) return undefined;
    const { job, server } = next;
    server.waiting.splice(server.waiting.indexOf(job), 1);
    server.turns.spend(job.urgency, job.threadMs);
    this.#turns.spend(job.guildId, job.threadMs);
    this.#running.push(next);
    return job;
  }

  /** Notes that a begun job is over. */
  end(job: Job): void {
    const at = this.#running.findIndex((other) => other.job === job);
    if (at >= 0) this.#running.splice(at, 1);
    this.#forgetIdle(job.guildId);
  }

  /** Lets a begun job wait again, before all others of its server. */
  putBack(job: Job): void {
    this.end(job);
    this.add(job);
    const waiting = this.#servers.get(job.guildId)?.waiting ?? [];
    waiting.unshift(...waiting.splice(-1));
  }

  /** Removes all jobs, and returns them. */
  clear(): readonly Job[] {
    const waiting = [...this.#servers.values()].flatMap((server) => server.waiting);
    const running = this.#running.splice(0).map(({ job }) => job);
    this.#servers.clear();
    return [...running, ...waiting];
  }

  /** Lists the next job of each server, in their order. `atMs` is its turn. */
  #listNext() {
    const next = [...this.#servers].flatMap(([guildId, server]) => {
      const job = findNext(server);
      return job ? [{ job, server, atMs: this.#turns.getStartMs(guildId) }] : [];
    });
    return next.toSorted(
      (a, b) => getEndMs(a) - getEndMs(b) || getRank(a.job) - getRank(b.job),
    );
  }

  /** Whether a job may begin before all that run. Those that stand still wait for the latest anyway. */
  #mayBegin(next: RunningJob<Job>) {
    const latest = this.#running.at(-1);
    if (!latest) return true;
    const { guildId } = next.job;
    const own = this.#running.filter(({ job }) => job.guildId === guildId);
    const { ofAll, ofServer } = this.#maxRunning;
    if (own.length >= ofServer || this.#running.length >= ofAll) return false;
    if (guildId === latest.job.guildId) return getRank(next.job) < getRank(latest.job);
    return getEndMs(next) < getEndMs(latest);
  }

  #isRunning(wanted: Partial<QueuedJob>) {
    return this.#running.some(
      ({ job }) =>
        job.guildId === wanted.guildId &&
        (wanted.urgency === undefined || job.urgency === wanted.urgency),
    );
  }

  #forgetIdle(guildId: GuildId) {
    const isWaiting = this.#servers.get(guildId)?.waiting.length;
    if (isWaiting || this.#isRunning({ guildId })) return;
    this.#servers.delete(guildId);
    this.#turns.leave(guildId);
  }
}

function addEach(jobs: readonly QueuedJob[], key: 'threadMs' | 'bytes') {
  return jobs.reduce((sum, job) => sum + job[key], 0);
}

/** The turn of its server once this job is over. */
function getEndMs({ atMs, job }: RunningJob<QueuedJob>) {
  return atMs + job.threadMs;
}

function getRank({ urgency }: Pick<QueuedJob, 'urgency'>) {
  return urgencies.indexOf(urgency);
}

/** Finds the next job of a server: the oldest of the kind of work whose turn it is. */
function findNext<Job extends QueuedJob>({ turns, waiting }: ServerJobs<Job>) {
  let next: { readonly job: Job; readonly atMs: number } | undefined;
  for (const urgency of urgencies) {
    const job = waiting.find((other) => other.urgency === urgency);
    if (!job) continue;
    const atMs = turns.getStartMs(urgency);
    if (!next || atMs < next.atMs) next = { job, atMs };
  }
  return next?.job;
}

/**
 * Turns by the time that each has used, where nobody saves time up while idle: start-time fair queueing
 * (https://doi.org/10.1109/90.649569).
 */
class FairTurns<Key> {
  readonly #startsMs = new Map<Key, number>();
  /** Turn of the latest job. */
  #nowMs = 0;

  /** Notes that somebody who was idle asks for time. `nowMs` is the turn of the oldest running job. */
  enter(key: Key, nowMs: number = this.#nowMs): void {
    this.#startsMs.set(key, Math.max(nowMs, this.getStartMs(key)));
  }

  /** The turn of the next job. The lowest is served first. */
  getStartMs(key: Key): number {
    return this.#startsMs.get(key) ?? 0;
  }

  /** Counts the time of a job that begins. */
  spend(key: Key, ms: number): void {
    const startMs = this.getStartMs(key);
    this.#nowMs = Math.max(this.#nowMs, startMs);
    this.#startsMs.set(key, startMs + ms);
  }

  /** Forgets somebody idle who has used no more than others. */
  leave(key: Key): void {
    if (this.getStartMs(key) <= this.#nowMs) this.#startsMs.delete(key);
  }
}
