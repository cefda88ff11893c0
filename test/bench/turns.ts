import { heard, type Spoken, spoken } from '#src/console/sandbox-lines.ts';
import { SandboxProcess } from '#src/console/sandbox-process.ts';
import { BotProcess, type LogLine } from '#test/fakes/bot-process.ts';
import { openMockProviders, usualPace } from '#test/fakes/providers.ts';

import { percentile, table } from './table.ts';

const answer = 'Yes, of course. It is five.';
/** Tokens the model has written when the first clause stands, "Yes, of course.". */
const clauseTokens = 3;
const clips = [
  'human-cards-004',
  'human-digits-2934z',
  'human-goforward',
  'synth-flite-rms-capital-of-france',
];

/** Providers one after the other, plus the tokens after the first up to the end of the first clause. */
const floorMs =
  usualPace.recogniseMs +
  usualPace.firstTokenMs +
  usualPace.firstSoundMs +
  ((clauseTokens - 1) * 1000) / usualPace.tokensPerSecond;

/** The instants of a turn, as the bot's log counts them from its own `heardAtMs`. */
const instants = [
  ['heard by the bot', undefined],
  ['ended', 'endedMs'],
  ['recognised', 'recognisedMs'],
  ['first token', 'firstTokenMs'],
  ['first clause', 'firstClauseMs'],
  ['first speech byte', 'firstSpeechMs'],
  ['first frame sent', 'firstSentMs'],
] as const;

/** Milliseconds since the person's last voiced packet was sent. */
type Sample = { readonly sinceMs: ReadonlyMap<string, number>; readonly heardMs: number };

/** Turns through the whole path with mock providers: last voiced packet sent to first voiced packet heard. */
export async function benchTurns(count: number): Promise<void> {
  await using mock = await openMockProviders({
    hears: 'a question',
    replies: [{ match: /^/, text: answer }],
  });
  await using sandbox = await SandboxProcess.start(() => undefined, new AbortController().signal);
  await using bot = await BotProcess.start(sandbox.ready, {
    TRANSCRIPTION_BASE_URL: mock.baseUrl,
    CHAT_COMPLETION_BASE_URL: mock.baseUrl,
    SPEECH_BASE_URL: mock.baseUrl,
  });
  const idleMb = await bot.residentMegabytes();
  await sandbox.ask({ do: 'join', person: 'Adam' });
  await sandbox.ask({ do: 'command', person: 'Adam', name: 'join' });
  await sandbox.ask({ do: 'settled', person: 'Adam' });
  const samples: Sample[] = [];
  for (let turn = 0; turn < count; turn++) {
    samples.push(
      await oneTurn(sandbox, bot, `test/fixtures/speech/${clips[turn % clips.length]}.wav`),
    );
  }
  report(samples, idleMb, await bot.residentMegabytes());
}

async function oneTurn(sandbox: SandboxProcess, bot: BotProcess, wav: string): Promise<Sample> {
  const said: Spoken = spoken.parse(await sandbox.ask({ do: 'say', person: 'Adam', wav }));
  const waits = { sinceMs: said.firstPacketAtMs, quietMs: 400, timeoutMs: 15_000 };
  const reached = heard.parse(await sandbox.ask({ do: 'listen', person: 'Adam', ...waits }));
  const line = await bot.logged(({ msg }) => msg === 'answered', 15_000);
  return {
    sinceMs: since(line, said.lastVoicedAtMs),
    heardMs: reached.firstAudibleAtMs - said.lastVoicedAtMs,
  };
}

function since(line: LogLine, lastVoicedAtMs: number): ReadonlyMap<string, number> {
  const ownMs = Number(line.heardAtMs) - lastVoicedAtMs;
  return new Map(
    instants.map(([name, field]) => [name, ownMs + (field ? Number(line[field]) : 0)] as const),
  );
}

function report(samples: readonly Sample[], idleMb?: number, afterMb?: number): void {
  const heardMs = samples.map((sample) => sample.heardMs);
  const row = (name: string, values: readonly number[]) => [
    name,
    percentile(values, 0.5).toFixed(0),
    percentile(values, 0.95).toFixed(0),
  ];
  console.log(
    `\nTurns over the sandbox, mock providers, ${samples.length} turns, end-to-end encrypted`,
  );
  const rows = instants.map(([name]) =>
    row(
      name,
      samples.map(({ sinceMs }) => sinceMs.get(name) ?? Number.NaN),
    ),
  );
  const head = ['ms since the last voiced packet was sent', 'p50', 'p95'];
  const floor = [
    `floor of the providers, first clause of ${clauseTokens} tokens`,
    `${floorMs}`,
    `${floorMs}`,
  ];
  console.log(table(head, [...rows, row('first packet heard', heardMs), floor]));
  console.log(
    `memory of the bot with remote engines: idle ${mb(idleMb)}, after the turns ${mb(afterMb)}`,
  );
  const lowest = Math.min(...heardMs);
  if (lowest < floorMs)
    throw new Error(`${lowest} ms is under the floor: the measurement is wrong`);
}

export function mb(value: number | undefined): string {
  return value === undefined ? 'not measured on this system' : `${value.toFixed(0)} MB`;
}
