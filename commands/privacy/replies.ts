import type { Public } from '#src/base/public.ts';
import type { CommandCall, CommandPorts, Replies } from '#src/conversation/command.ts';
import type { SaveOutcome } from '#src/conversation/ports/command-ports.ts';
import { consentButtons } from '#src/conversation/ports/panel.ts';
import { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import { captionsKept } from '#src/texts/captions-kept.ts';
import { type TextLine, text } from '#src/texts/texts.ts';

type Ports = Pick<CommandPorts, 'privacy'>;
type CardPorts = Ports & Pick<CommandPorts, 'port'>;

/** Reply to a yes or a no. */
export function answered(
  id: 'privacy.allowed' | 'privacy.denied',
  { saved }: SaveOutcome,
): Replies {
  return [{ id, to: 'caller', ...(!saved && { lines: [{ id: 'privacy.unsaved' }] }) }];
}

/** Privacy status of the caller, and the buttons to change it. */
export async function status(call: CommandCall, { privacy }: Ports): Promise<Replies> {
  const [first, ...lines] = await statusLines(call, privacy);
  const more = lines.length > 0 && { lines };
  return [{ ...first, ...more, to: 'caller', buttons: consentButtons }];
}

/** The privacy card: what the bot asks for, what the caller answered, and the buttons to change it. */
export async function card(call: CommandCall, ports: CardPorts): Promise<Replies> {
  const { port, privacy } = ports;
  return [
    {
      id: 'privacy.card',
      to: 'caller',
      lines: [
        ...(await keptLines(call, port(SettingsRequests))),
        ...(await statusLines(call, privacy)),
      ],
      buttons: consentButtons,
    },
  ];
}

/** Takes the caller's name out of the panel, for this session. */
export async function unnamed(
  { guildId, callerId }: CommandCall,
  { privacy }: Ports,
): Promise<Replies> {
  privacy.hideName(guildId, callerId);
  return [{ id: 'panel.name_hidden', to: 'caller' }];
}

/** Retention of captions there, as far as it is known. */
async function keptLines(
  { guildId }: CommandCall,
  settings: Public<SettingsRequests>,
): Promise<readonly TextLine[]> {
  const { all } = await settings.view(guildId);
  const days = all.find(({ key }) => key === 'captions_days')?.value;
  return days === undefined ? [] : [captionsKept(Number(days))];
}

async function statusLines(
  call: CommandCall,
  privacy: CommandPorts['privacy'],
): Promise<readonly [TextLine, ...TextLine[]]> {
  const { guildId, callerId, callerLocale } = call;
  const status = await privacy.status(guildId, callerId);
  if (status.kind === 'unread') return [{ id: 'privacy.unread' }];
  if (status.isBlocked) return [{ id: 'privacy.blocked' }];
  const { hearing, settings: m, lines: n, memories } = status;
  const yes = text(hearing ? 'privacy.yes' : 'privacy.no', {}, callerLocale);
  return [{ id: 'privacy.status', with: { yes, n, memories, m } }];
}
