import type { NoTranscript } from '#src/features/captions/caption-outcomes.ts';
import { transcriptFormats } from '#src/features/captions/files/transcript-file.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
} from '#src/features/contract/command.ts';
import { pickedSession, sessionOption } from './session-option.ts';

export const transcript: Command = {
  name: 'transcript',
  description: 'command.captions.transcript',
  shownTo: 'caller',
  thinksFirst: true,
  options: [
    {
      name: 'format',
      description: 'command.captions.transcript',
      kind: 'choice',
      values: transcriptFormats,
    },
    sessionOption,
  ],
  run: sendTranscript,
};

async function sendTranscript(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const { guildId, callerId, words } = call;
  const picked = await pickedSession(call, ports);
  if (picked === 'unknown') return noTranscript({ kind: 'unknown', typed: words.session ?? '' });
  const format = transcriptFormats.find((one) => one === words.format) ?? 'txt';
  const outcome = await ports.features.transcripts.file(guildId, callerId, { format, ...picked });
  if (outcome.kind !== 'file') return noTranscript(outcome);
  const { channelName: channel, startedAtWallMs } = outcome.session;
  const date = ports.timesIn(guildId).day(startedAtWallMs);
  const files = [outcome.file];
  return [{ id: 'captions.thread', with: { channel, date }, to: 'caller', files }];
}

/** Reason for a missing transcript, shown to the caller alone. */
export function noTranscript(found: NoTranscript): Replies {
  switch (found.kind) {
    case 'none':
      return [{ id: 'ask.unknown', to: 'caller', buttons: ['captions'] }];
    case 'unread':
      return [{ id: 'store.unread', to: 'caller' }];
    case 'unknown':
      return [{ id: 'unknown', with: { x: found.typed }, to: 'caller' }];
  }
}
