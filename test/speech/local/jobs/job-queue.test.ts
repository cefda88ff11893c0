import { type GuildId, toGuildId } from '#src/base/ids.ts';
import { JobQueue, type QueuedJob } from '#src/speech/local/jobs/job-queue.ts';
import { cutSound } from '#src/speech/local/local-transcriber.ts';
import { countRuns, fc } from '#test/properties.ts';

const [flooding, quiet] = [toGuildId('1'), toGuildId('2')];
const size = { bytes: 300_000 };

type Run = QueuedJob & {
  /** Runs of the model, which nothing interrupts, in ms. */
  readonly runsMs: readonly number[];
};

/** Shares of the runs of a job, as measured: layers of the encoder and tokens; the parts of a voice; one judgement. */
const repeatStep = (share: number, times: number) =>
  Array.from({ length: times }, () => share / times);
const heardRuns = [...repeatStep(0.48, 7), ...repeatStep(0.52, 20)];
const runShares = {
  turn: [1],
  ears: heardRuns,
  answer: repeatStep(1 / 66, 66),
  voice: [0.14, 0.11, 0.11, ...repeatStep(0.64, 5)],
  recording: heardRuns,
};

function makeJob(
  guildId: GuildId,
  urgency: QueuedJob['urgency'],
  threadMs: number,
): Run {
  const runsMs = runShares[urgency].map((share) => share * threadMs);
  return { ...size, guildId, urgency, threadMs, runsMs };
}

/** A model process in virtual time: the latest of the begun jobs runs. */
class VirtualThread {
  readonly queue = new JobQueue<Run>();
  readonly #running: { readonly job: Run; left: number[] }[] = [];
  #nowMs = 0;

  get nowMs() {
    return this.#nowMs;
  }

  /** Adds a job, as far as its server may. */
  add(job: Run) {
    if (this.queue.canAdd(job)) this.queue.add(job);
  }

  /** Makes one run of the latest job, in which `arrives` is called, and returns a job that is over. */
  step(arrives: () => void = () => undefined): Run | undefined {
    for (let job = this.queue.begin(); job; job = this.queue.begin())
      this.#running.push({ job, left: [...job.runsMs] });
    const latest = this.#running.at(-1);
    arrives();
    if (!latest) return undefined;
    this.#nowMs += latest.left.shift() ?? 0;
    if (latest.left.length > 0) return undefined;
    this.#running.pop();
    this.queue.end(latest.job);
    return latest.job;
  }
}

type Work = { readonly urgency: QueuedJob['urgency']; readonly share: number };
const longestRecording: Work = { urgency: 'recording', share: 1 };
/** Any work of a server: 0.1 to 1.6 s of the thread, as `admitJob` allows. */
const anyWork: fc.Arbitrary<Work[]> = fc.array(
  fc.record({
    urgency: fc.constantFrom('turn', 'ears', 'voice', 'recording'),
    share: fc.double({ min: 0.05, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 12 },
);
/** Of the longest job of each kind. */
const maxThreadMs = {
  turn: 154,
  ears: 1_590,
  answer: 4_500,
  voice: 990,
  recording: 1_590,
};

/** Prices of `admitJob`, of seconds of sound. */
const priceMs = {
  turn: (seconds: number) => 10 + 18 * Math.min(8, seconds),
  ears: (seconds: number) => 140 + 145 * seconds,
  voice: (seconds: number) => 30 + 120 * seconds,
};
const soundSeconds = (max: number) => fc.double({ min: 0.5, max, noNaN: true });
const sentences: Record<string, fc.Arbitrary<Run[]>> = {
  'words that are heard': soundSeconds(10).map((seconds) => [
    makeJob(quiet, 'ears', priceMs.ears(seconds)),
  ]),
  'a turn that ends, and its words': soundSeconds(10).map((seconds) => [
    makeJob(quiet, 'turn', priceMs.turn(seconds)),
    makeJob(quiet, 'ears', priceMs.ears(seconds)),
  ]),
  'pieces that are spoken': fc
    .array(soundSeconds(8), { minLength: 1, maxLength: 5 })
    .map((pieces) =>
      pieces.map((seconds) => makeJob(quiet, 'voice', priceMs.voice(seconds))),
    ),
};

/** Time of a sentence, of one job after another, while another server asks for the same work again and again. */
function measureSentence(
  sentence: readonly Run[],
  flood: readonly Run[],
  stepsBefore: number,
): number {
  const thread = new VirtualThread();
  for (const job of flood) thread.add(job);
  const stepThread = (arrives?: () => void) => {
    const ended = thread.step(arrives);
    if (ended?.guildId === flooding) thread.add(ended);
    return ended;
  };
  for (let n = 0; n < stepsBefore; n++) stepThread();
  const startMs = thread.nowMs;
  for (const [n, job] of sentence.entries()) {
    // The first job arrives when a run of the model has just begun.
    const ended = stepThread(() => thread.add(job));
    if (n === 0 || ended !== job) while (stepThread() !== job);
  }
  return thread.nowMs - startMs;
}

test.each(Object.entries(sentences))(
  'whatever another server asks for, a sentence takes at most three times its time alone (%s)',
  (_, sentence) => {
    const property = fc.property(
      anyWork,
      fc.nat({ max: 60 }),
      sentence,
      (work, stepsBefore, jobs) => {
        const flood = work.map(({ share, urgency }) =>
          makeJob(flooding, urgency, share * maxThreadMs[urgency]),
        );
        const aloneMs = jobs.reduce((sum, { threadMs }) => sum + threadMs, 0);
        const tookMs = measureSentence(jobs, flood, stepsBefore);
        expect(tookMs).toBeLessThanOrEqual(3 * aloneMs);
      },
    );
    // Recordings of 10 s, each of which has just begun.
    const recordings = Array.from({ length: 4 }, () => longestRecording);
    const shortest = fc.sample(sentence, { numRuns: 1, seed: 1 });
    const examples = shortest.map((jobs): [Work[], number, Run[]] => [
      recordings,
      0,
      jobs,
    ]);
    fc.assert(property, { numRuns: countRuns(400), endOnFailure: true, examples });
  },
);

/** Names the jobs of a queue, each of which ends before the next begins. */
function listServed(queue: JobQueue<QueuedJob>) {
  const served: string[] = [];
  for (let job = queue.begin(); job; job = queue.begin()) {
    served.push(`${job.urgency} ${job.guildId}`);
    queue.end(job);
  }
  return served;
}

test('live ears come before voices before recordings, and servers in turn', () => {
  const queue = new JobQueue<QueuedJob>();
  for (const urgency of ['recording', 'voice', 'ears'] as const)
    queue.add(makeJob(flooding, urgency, 500));
  queue.add(makeJob(quiet, 'recording', 500));
  expect(listServed(queue)).toEqual([
    'ears 1',
    'recording 2',
    'voice 1',
    'recording 1',
  ]);
});

test('recordings of a server go on while its people talk without a pause', () => {
  const queue = new JobQueue<QueuedJob>();
  queue.add(makeJob(flooding, 'recording', 500));
  for (let n = 0; n < 9; n++) queue.add(makeJob(flooding, 'ears', 500));
  expect(listServed(queue).slice(0, 3)).toContain('recording 1');
});

test('a server may leave 30 s of work waiting, which takes nothing from another one', () => {
  const queue = new JobQueue<QueuedJob>();
  const long = makeJob(flooding, 'recording', 1_600);
  let waiting = 0;
  for (; queue.canAdd(long); waiting++) queue.add({ ...long });
  expect(waiting).toBe(18);
  expect(queue.canAdd(makeJob(quiet, 'ears', 1_600))).toBe(true);
});

test('all servers leave 64 MB of work waiting at most, and room for another one', () => {
  const queue = new JobQueue<QueuedJob>();
  const segment = { urgency: 'recording', threadMs: 100, bytes: 320_000 } as const;
  let bytes = 0;
  for (let n = 0; n < 50; n++) {
    const job = { ...segment, guildId: toGuildId(`${n + 10}`) };
    expect(queue.canAdd(job)).toBe(true);
    for (; queue.canAdd(job); bytes += job.bytes) queue.add({ ...job });
  }
  expect(bytes).toBeGreaterThan(63_000_000);
  expect(bytes).toBeLessThanOrEqual(64_000_000);
});

test('a long recording becomes jobs of at most 10 s, cut where it is quiet, and loses no sound', () => {
  const second = 16_000;
  const recording = new Int16Array(60 * second).map((_, n) => 1 + (n % 9_000));
  // Pauses of half a second, eight seconds apart.
  for (let at = 8 * second; at < recording.length; at += 8 * second)
    recording.fill(0, at, at + second / 2);
  const segments = [...cutSound(recording)];
  const lengths = segments.map(({ length }) => length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(10 * second);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(recording.length);
  const ends = segments.slice(0, -1).map((segment) => segment.at(-1));
  expect(ends).toEqual(ends.map(() => 0));
});
