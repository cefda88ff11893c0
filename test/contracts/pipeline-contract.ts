import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { noGuild, toPersonId } from '#src/base/ids.ts';
import type { ToolCall, Usage } from '#src/chat/chat-model.ts';
import type {
  AnswerHost,
  Pipeline,
  ReplyPart,
  ToolResult,
  Turn,
  TurnUtterance,
} from '#src/pipeline/pipeline.ts';

/** Script of the model behind a pipeline for one turn. */
export type ModelScript = {
  /** Its answer, or what it says before the call. */
  readonly says: string;
  /** Called after `says`; with its result the model says `afterwards`. */
  readonly call?: { readonly tool: ToolCall; readonly afterwards: string };
  /** After `says`: a server error, or silence for ever. */
  readonly ends?: 'fail' | 'stall';
};

/** A pipeline whose model plays one scene. */
export type OpenPipeline = AsyncDisposable & {
  readonly pipeline: Pipeline;
  /** Requests to chat and speech that are going on now. */
  countRunning(): number;
  /** Resolves when whatever can happen by itself has happened, say a hang-up reaching a server. */
  settled(): Promise<void>;
};

type OpenPipelineFor = (script: ModelScript) => Promise<OpenPipeline>;

const neverAborted = new AbortController().signal;
const answerText =
  'Well, as you ask, it is four. The sun sets at five today. Take your coat with you.';
const lampTool: ToolCall = { id: 'call_1', name: 'lamp', argumentsJson: '{"on":true}' };

/** A person's utterance, recognised as `text`; silence has no words. */
export function toUtterance(text: string): TurnUtterance {
  const samples = new Int16Array(16_000).fill(text === '' ? 0 : 1000);
  const pcm: Pcm = { samples, rateHz: 16_000, channels: 1 };
  return {
    speakerId: toPersonId('1'),
    name: 'Ana',
    fromMs: 0,
    pcm,
    transcript: async () => ({ text }),
  };
}

export function makeTurn(...utterances: TurnUtterance[]): Turn {
  const tools = [
    { name: 'lamp', description: 'Switches the lamp.', parameters: { type: 'object' } },
  ];
  const style = { instructions: 'Be brief.', voice: {} };
  return { utterances, style, history: [], tools };
}

/** A stage that keeps the rule of the port: no tool runs before the answer is released. */
export class FakeHost implements AnswerHost {
  readonly ran: ToolCall[] = [];
  readonly #isReleased = Promise.withResolvers<void>();

  release() {
    this.#isReleased.resolve();
  }

  playedMs() {
    return 0;
  }

  readonly spendings: Usage[] = [];

  readonly meter: AnswerHost['meter'] = {
    guildId: noGuild,
    recordUsage: (usage) => void this.spendings.push(usage),
    recordSpeech: () => undefined,
  };

  async run(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    await this.#isReleased.promise;
    signal.throwIfAborted();
    this.ran.push(call);
    return { content: 'done' };
  }
}

export function testPipeline(name: string, open: OpenPipelineFor) {
  testContent(name, open);
  testAbort(name, open);
  testLeaving(name, open);
  testTools(name, open);
  testUsage(name, open);
}

function testContent(name: string, open: OpenPipelineFor) {
  test(`${name}: the text of an answer is whole, and its sound follows the order of the text`, async () => {
    await using opened = await open({ says: answerText });
    const replyParts = await readAnswer(opened.pipeline, new FakeHost());
    expect(joinTexts(replyParts)).toBe(answerText);
    const clauses = replyParts.flatMap((part) =>
      part.kind === 'clause' ? [part.text] : [],
    );
    expect(listSoundedTexts(replyParts)).toEqual(clauses);
    const sounds = replyParts.flatMap((part) =>
      part.kind === 'audio' ? [part.pcm] : [],
    );
    expect(sounds.length).toBeGreaterThan(0);
    for (const { samples, channels } of sounds) {
      expect(samples.length).toBeGreaterThan(0);
      expect(channels).toBe(1);
    }
  });

  test(`${name}: a clause is told after its text and before its sound`, async () => {
    await using opened = await open({ says: answerText });
    let written = '';
    const clauses = new Set<string>();
    for (const part of await readAnswer(opened.pipeline, new FakeHost())) {
      if (part.kind === 'text') written += part.text;
      if (part.kind === 'clause') {
        expect(written).toContain(part.text);
        clauses.add(part.text);
      }
      if (part.kind === 'audio' && part.ofText !== undefined)
        expect(clauses).toContain(part.ofText);
    }
  });

  test(`${name}: an utterance without words is not answered`, async () => {
    await using opened = await open({ says: answerText });
    expect(
      await readAnswer(opened.pipeline, new FakeHost(), makeTurn(toUtterance(''))),
    ).toEqual([]);
  });
}

function testAbort(name: string, open: OpenPipelineFor) {
  test(`${name}: an answer aborted before it began throws the caller's own reason`, async () => {
    await using opened = await open({ says: answerText });
    const reason = new Error('left');
    const answer = beginAnswer(opened, AbortSignal.abort(reason));
    await expect(answer[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });

  test(`${name}: an abort throws the caller's own reason and stops what runs below`, async () => {
    for (const ends of ['stall', undefined] as const) {
      await using opened = await open({ says: answerText, ends });
      const caller = new AbortController();
      const reason = new Error('interrupted');
      const answer = beginAnswer(opened, caller.signal);
      const reading = (async () => {
        for await (const part of answer)
          if (part.kind === 'audio') caller.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
      await opened.settled();
      expect(opened.countRunning()).toBe(0);
    }
  });

  test(`${name}: after an abort nothing more of it comes, however often it is asked for`, async () => {
    await using opened = await open({ says: answerText, ends: 'stall' });
    const caller = new AbortController();
    const replyStream = beginAnswer(opened, caller.signal)[Symbol.asyncIterator]();
    while ((await replyStream.next()).value?.kind !== 'audio');
    await opened.settled();
    caller.abort(new Error('interrupted'));
    for (let tries = 0; tries < 5; tries++) {
      expect((await replyStream.next().catch(() => undefined))?.value).toBeUndefined();
      await opened.settled();
    }
  });
}

function testLeaving(name: string, open: OpenPipelineFor) {
  test(`${name}: a reader who leaves stops what runs below`, async () => {
    await using opened = await open({ says: answerText, ends: 'stall' });
    const answer = beginAnswer(opened, neverAborted);
    for await (const part of answer) if (part.kind === 'text') break;
    await opened.settled();
    expect(opened.countRunning()).toBe(0);
  });

  test(`${name}: a model that fails is told as a BotError, after the sound that did come`, async () => {
    await using opened = await open({ says: answerText, ends: 'fail' });
    const answer = beginAnswer(opened, neverAborted);
    const replyParts: ReplyPart[] = [];
    const reading = (async () => {
      for await (const part of answer) replyParts.push(part);
    })();
    await expect(reading).rejects.toBeInstanceOf(BotError);
    expect(listSoundedTexts(replyParts).length).toBeGreaterThan(0);
    await opened.settled();
    expect(opened.countRunning()).toBe(0);
  });
}

function testTools(name: string, open: OpenPipelineFor) {
  const script: ModelScript = {
    says: 'One moment, please.',
    call: { tool: lampTool, afterwards: 'The lamp is on now.' },
  };

  test(`${name}: a tool runs once the answer is released, and the answer goes on with its result`, async () => {
    await using opened = await open(script);
    const host = new FakeHost();
    const reading = readAnswer(opened.pipeline, host);
    await opened.settled();
    expect(host.ran).toEqual([]);
    host.release();
    const replyParts = await reading;
    expect(host.ran).toEqual([lampTool]);
    expect(replyParts.filter(({ kind }) => kind === 'tool')).toEqual([
      { kind: 'tool', call: lampTool },
    ]);
    expect(joinTexts(replyParts)).toBe('One moment, please. The lamp is on now.');
  });

  test(`${name}: a tool call in a dropped answer never ran`, async () => {
    await using opened = await open(script);
    const host = new FakeHost();
    const caller = new AbortController();
    opened.pipeline.answer(makeTurn(toUtterance('lamp on')), host, caller.signal);
    await opened.settled();
    caller.abort(new Error('the person went on'));
    host.release();
    await opened.settled();
    expect(host.ran).toEqual([]);
    expect(opened.countRunning()).toBe(0);
  });
}

function testUsage(name: string, open: OpenPipelineFor) {
  test(`${name}: what it took is told once for each request`, async () => {
    const tool = { tool: lampTool, afterwards: 'The lamp is on now.' };
    for (const [script, requests] of [
      [{ says: answerText }, 1],
      [{ says: 'One moment, please.', call: tool }, 2],
    ] as const) {
      await using opened = await open(script);
      const host = new FakeHost();
      host.release();
      await readAnswer(opened.pipeline, host);
      await opened.settled();
      expect(host.spendings).toHaveLength(requests);
    }
  });

  test(`${name}: what an answer took that was cut short, or failed, is told once and is not nothing`, async () => {
    for (const ends of ['stall', 'fail'] as const) {
      await using opened = await open({ says: answerText, ends });
      const host = new FakeHost();
      const caller = new AbortController();
      const answer = beginAnswer(opened, caller.signal, host);
      const reading = (async () => {
        for await (const part of answer)
          if (part.kind === 'audio') caller.abort(new Error('left'));
      })();
      await reading.catch(() => undefined);
      await opened.settled();
      expect(host.spendings).toHaveLength(1);
      expect(host.spendings[0]?.outputTokens).toBeGreaterThan(0);
    }
  });
}

/** The answer to a person who says hello. */
function beginAnswer(
  { pipeline }: OpenPipeline,
  signal: AbortSignal,
  host: AnswerHost = new FakeHost(),
) {
  return pipeline.answer(makeTurn(toUtterance('hello')), host, signal);
}

async function readAnswer(
  pipeline: Pipeline,
  host: AnswerHost,
  turn = makeTurn(toUtterance('hello')),
) {
  return Array.fromAsync(pipeline.answer(turn, host, neverAborted));
}

/** Reads to the end, and tells how it ended. */
export async function drainAnswer<Part>(answer: AsyncIterator<Part>) {
  const parts: Part[] = [];
  try {
    for (let next = await answer.next(); !next.done; next = await answer.next())
      parts.push(next.value);
  } catch (error) {
    return { parts, error };
  }
  return { parts, error: undefined };
}

export function joinTexts(replyParts: readonly ReplyPart[]) {
  return replyParts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

/** The clauses that sounded, in order, each once for an unbroken run of its sound. */
export function listSoundedTexts(replyParts: readonly ReplyPart[]) {
  const texts = replyParts.flatMap((part) =>
    part.kind === 'audio' ? [part.ofText ?? ''] : [],
  );
  return texts.filter((text, index) => text !== texts[index - 1]);
}
