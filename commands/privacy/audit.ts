import { toUnknownValueReply } from '#commands/captions/transcript.ts';
import { nowhereReply, onlyIfManaging } from '#commands/command-rights.ts';
import { toPersonId } from '#src/base/ids.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import { toJoinRoomLine } from '#src/ports/join-room-line.ts';
import type { HeardSpan } from '#src/stores/hearing-store.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { formatIsoTime } from '#src/texts/wall-time.ts';

/** Entries in the message. All of them are in its file. */
const maxShownHearings = 12;

/** `/privacy audit`: tells managers who was heard when, and by which rule. */
export const audit: Command = {
  name: 'audit',
  description: 'command.privacy.audit',
  isForEverybody: true,
  options: [
    {
      name: 'person',
      description: 'command.privacy.audit.person',
      kind: 'text',
      maxChars: 40,
    },
    {
      name: 'speaking',
      description: 'command.privacy.audit.speaking',
      kind: 'boolean',
    },
  ],
  run: onlyIfManaging((call, ports) =>
    call.inputs.speaking === 'true'
      ? listSpeakers(call, ports)
      : listHearings(call, ports),
  ),
};

/** Tells who of those whom the bot may hear spoke in the last minute, if the caller may open the channel. */
async function listSpeakers(
  { caller, guildId }: CommandCall,
  { places, sessions }: CommandPorts,
): Promise<Replies> {
  const session = sessions.findSession(guildId);
  if (!session) return [nowhereReply];
  const { channelId, name: channel } = session.channel;
  const barred = toJoinRoomLine(session.channel, caller.id, places);
  if (!(await sessions.canOpen(guildId, channelId, caller.id))) return [barred];
  const spoken = session.listSpoken();
  const lines: readonly TextLine[] =
    spoken.length === 0
      ? [{ id: 'speaking.none', with: { channel } }]
      : [
          { id: 'speaking.heading', with: { channel } },
          ...spoken.map(({ name, ms }): TextLine => {
            const n = Math.max(1, Math.round(ms / 1000));
            return { id: 'speaking.line', with: { name, n } };
          }),
        ];
  // They are asked again as the reply leaves.
  return [{ ...barred, words: lines.map((line) => new Owned(line, { channelId })) }];
}

async function listHearings(
  { caller, guildId, inputs }: CommandCall,
  { features }: CommandPorts,
): Promise<Replies> {
  const typed = inputs.person?.trim();
  const [personId] = typed?.match(/\d{15,21}/) ?? [];
  if (typed && personId === undefined) return toUnknownValueReply(typed);
  const hearings = await features.hearings.list(
    guildId,
    personId === undefined ? undefined : toPersonId(personId),
  );
  if (!hearings) return [{ id: 'store.unread' }];
  if (hearings.length === 0) return [{ id: 'hearings.none' }];
  const lines = hearings.slice(0, maxShownHearings).map(toLine);
  const file = { name: 'who-was-heard.csv', text: formatTable(hearings) };
  const files = [new Owned(file, { onlyFor: caller.id })];
  return [
    {
      id: 'hearings.heading',
      with: { n: hearings.length },
      lines,
      ...(hearings.length > lines.length && { files }),
    },
  ];
}

function toLine({
  channelId,
  fromWallMs,
  personId,
  rule,
  toWallMs,
}: HeardSpan): TextLine {
  return {
    id: 'hearings.line',
    with: {
      from: toSeconds(fromWallMs),
      to: toSeconds(toWallMs),
      person: personId,
      channel: channelId,
      rule,
    },
  };
}

/** Discord shows such a time in the reader's zone. */
function toSeconds(wallMs: number) {
  return `${Math.floor(wallMs / 1000)}`;
}

/** Formats hearings as CSV: times in UTC, and ids. */
function formatTable(hearings: readonly HeardSpan[]) {
  const rows = hearings.map(({ channelId, fromWallMs, personId, rule, toWallMs }) =>
    [
      formatIsoTime(fromWallMs),
      formatIsoTime(toWallMs),
      personId,
      channelId,
      rule,
    ].join(','),
  );
  return `${['from,to,person,channel,rule', ...rows].join('\n')}\n`;
}
