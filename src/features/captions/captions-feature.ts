import { z } from 'zod';
import { isProgram } from '#src/base/ids.ts';
import type { ToolOutcome, ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import { ChannelNotes } from '#src/features/captions/notes/channel-notes.ts';
import { TranscriptCleanup } from '#src/features/captions/transcripts/transcript-cleanup.ts';
import {
  type TranscriptQuestion,
  TranscriptRequests,
} from '#src/features/captions/transcripts/transcript-requests.ts';
import {
  type CaptionDeps,
  TranscriptStores,
  transcriptSubjects,
} from '#src/features/captions/transcripts/transcript-stores.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { defineTool, toOutcome } from '#src/features/contract/tool-definition.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import { SessionObjects } from '#src/ports/feature-session.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import { CaptionRequests } from './caption-requests.ts';
import { captionSettings } from './caption-settings.ts';
import { SessionCaptions } from './session-captions.ts';

const setCaptionsTool = defineTool({
  name: 'captions',
  description:
    'Turns captions on or off: what is said here, written down in the chat. Only if whoever asks wants that.',
  schema: z.strictObject({ on: z.boolean() }),
  right: 'room',
  act: {
    writes: 'setting',
    noticedBy: 'everybody',
    undoneBy: 'room',
    undo: 'captions',
  },
  async run({ on }, { session }, { captions }: CaptionPorts) {
    const { notices, voiceChannel } = session;
    const { guildId } = voiceChannel.channel;
    if (!on) await captions.turnOff(guildId);
    // `turnOn` waits for the answer that this tool belongs to, so its failure is posted later.
    else
      void captions
        .turnOn(guildId, {})
        .then((outcome) => outcome.kind === 'failed' && notices.post(outcome.line));
    const gap = on ? captions.findGap(guildId) : undefined;
    const outcome = toOutcome(gap ?? { id: on ? 'captions.on' : 'captions.off' });
    // Captions that begin announce themselves.
    return on && !gap ? { ...outcome, isTold: true } : outcome;
  },
});

const inAgain = { writes: 'row', noticedBy: 'asker', undoneBy: 'asker' } as const;

const leaveMeOutTool = defineTool({
  name: 'leave_me_out',
  description:
    'Leaves whoever asks out of the captions, so that nothing they say is written down, or has them written again. Only if they ask for that. They are heard and answered all the same.',
  schema: z.strictObject({ out: z.boolean() }),
  right: 'anyone',
  act: inAgain,
  judgeCall: ({ out }) => (out ? { writes: 'own no' } : inAgain),
  ask: () => ({ id: 'captions.ask.in' }),
  async run({ out }, { askerId, guildId }, { captions }: CaptionPorts) {
    await captions.setLeftOut(guildId, askerId, out);
    return toOutcome({ id: out ? 'captions.left_out' : 'captions.left_in' });
  },
});

const findInCaptionsTool = defineTool({
  name: 'find_in_captions',
  description:
    'Looks up what people said in this voice channel, now or in earlier sessions, as captions have it. Call it whenever somebody asks ' +
    'what was said, decided or promised. The lines found are quoted aloud for you: add nothing to them.',
  schema: z.strictObject({
    question: z
      .string()
      .min(1)
      .max(300)
      .describe('The whole question, as it was asked.'),
    about: z
      .enum(transcriptSubjects)
      .describe('`this` session, the `last` one, or `all`. If nobody says when: all.'),
  }),
  right: 'anyone',
  act: { writes: 'nothing' },
  step: 'tool.find.step',
  quotesOthers: true,
  isOffered: (ports) => (_getValue, session) =>
    session !== undefined &&
    (ports.transcriptCleanup.guildIds.has(session.voiceChannel.channel.guildId) ||
      ports.sessionCaptions.get(session).hasTranscript),
  run: quoteFoundLines,
});

/** Quotes lines that answer a question about the transcript, to people only. */
async function quoteFoundLines(
  request: TranscriptQuestion,
  { askerId, session, getSettings }: ToolPorts,
  { transcripts }: CaptionPorts,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const { notices, voiceChannel } = session;
  const { channelId, guildId } = voiceChannel.channel;
  const outcome = isProgram(askerId)
    ? ({ kind: 'none' } as const)
    : await transcripts.answerQuestion(guildId, askerId, request, [channelId], signal);
  if (outcome.kind === 'found') {
    const { minute } = createWallTimes(getSettings().timeZone);
    const quotes = outcome.lines.map((line) =>
      line.map(({ name, atWallMs, text }) => `${name}, ${minute(atWallMs)}: ${text}`),
    );
    const text = Owned.join(quotes, '\n');
    return {
      facts: { linesQuoted: quotes.length },
      quote: { text, authorIds: outcome.authorIds },
    };
  }
  const textLine: TextLine =
    outcome.kind === 'failed' ? outcome.line : { id: 'ask.unknown' };
  const text = notices.formatSpokenText(textLine, voiceChannel.languages.find(askerId));
  return { facts: { linesQuoted: 0 }, quote: { text: toOpenText(text) } };
}

/** Objects of captions for tools, commands, programs and other features. */
export type CaptionPorts = {
  readonly transcriptCleanup: TranscriptCleanup;
  readonly transcripts: TranscriptRequests;
  readonly notes: ChannelNotes;
  readonly captions: CaptionRequests;
  readonly sessionCaptions: SessionObjects<SessionCaptions>;
};

/**
 * Speech written in a chat while people speak.
 *
 * @example
 * import { captionsFeature } from '#src/features/captions/captions-feature.ts';
 *
 * captionsFeature.tools?.map(({ name }) => name); // ['find_in_captions', 'captions', 'leave_me_out']
 */
export const captionsFeature: Feature<CaptionPorts> = {
  name: 'captions',
  tools: [findInCaptionsTool, setCaptionsTool, leaveMeOutTool],
  settings: captionSettings,
  open({ store }) {
    const stores = store(TranscriptStores.key);
    return {
      openShard({ deps: engineDeps, sessions, shard, signal, writtenQuestions }) {
        const { consents, erasures, settings } = sessions;
        const shardDeps = { ...engineDeps, consents, settings, transcripts: stores };
        const sessionCaptions = new SessionObjects<SessionCaptions>(sessions);
        const cleanup = new TranscriptCleanup(
          { ...shardDeps, erasures },
          sessionCaptions,
          shard,
        );
        const notes = new ChannelNotes({ ...shardDeps, erasures });
        const transcripts = new TranscriptRequests(
          shardDeps,
          sessionCaptions,
          writtenQuestions,
          notes,
        );
        const deps: CaptionDeps = {
          ...shardDeps,
          notes,
          postRecap: (...request) => void transcripts.postRecap(...request),
        };
        return {
          ports: {
            transcriptCleanup: cleanup,
            transcripts,
            notes,
            captions: new CaptionRequests(sessions, sessionCaptions),
            sessionCaptions,
          },
          createSession: (session, { isReturned }) =>
            sessionCaptions.add(
              session,
              new SessionCaptions(session, deps, isReturned),
            ),
          onGuildChanged: (guildId) => {
            for (const captions of sessionCaptions.list(guildId)) captions.checkEvent();
          },
          run: () => cleanup.runUntilAborted(signal),
          eraseServer: (erasure) =>
            stores.sumBoth(({ eraser }) => eraser.eraseGuild(erasure)),
          person: cleanup,
        };
      },
    };
  },
};
