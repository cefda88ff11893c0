import type { Public } from '#src/base/public.ts';
import type { CommandCall, CommandPorts, Replies } from '#src/features/contract/command.ts';
import type { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import type { Consent } from '#src/people/consent.ts';
import { consentButtons } from '#src/ports/panel.ts';
import { captionsKept } from '#src/sessions/panel-view.ts';
import type { TextLine } from '#src/texts/texts.ts';

type Ports = Pick<CommandPorts, 'privacy'>;
type CardPorts = Ports & Pick<CommandPorts, 'features'>;

/** Privacy status of the caller, and the buttons to change it. */
export async function status(call: CommandCall, { privacy }: Ports): Promise<Replies> {
  const [first, ...lines] = await statusLines(call, privacy);
  const more = lines.length > 0 && { lines };
  return [{ ...first, ...more, buttons: consentButtons }];
}

/** The privacy card: what the bot asks for, what the caller answered, and the buttons to change it. */
export async function card(call: CommandCall, ports: CardPorts): Promise<Replies> {
  const { features, privacy } = ports;
  const [first, ...lines] = await statusLines(call, privacy);
  return [
    {
      ...first,
      lines: [...lines, { id: 'panel.privacy' }, ...(await keptLines(call, features.settings))],
      buttons: consentButtons,
    },
  ];
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

/** Consent of the caller, and what is kept about them. */
export async function statusLines(
  call: CommandCall,
  privacy: CommandPorts['privacy'],
): Promise<readonly [TextLine, ...TextLine[]]> {
  const status = await privacy.status(call.guildId, call.callerId);
  if (status.kind === 'unread') return [{ id: 'privacy.unread' }];
  if (status.isBlocked) return [{ id: 'access.blocked' }];
  const { consent, settings: m, lines: n, memories } = status;
  return [consentLine(consent), { id: 'privacy.status', with: { n, memories, m } }];
}

/** What a person's consent means for them now, with its end. */
export function consentLine(consent: Consent): TextLine {
  return { id: consent === 'unasked' ? 'consent.no' : `consent.${consent}` };
}
