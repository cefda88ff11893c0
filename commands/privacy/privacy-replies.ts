import type { Public } from '#src/base/public.ts';
import type {
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/command.ts';
import type { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import { type Consent, isHeardConsent } from '#src/people/consent.ts';
import type { StoredCounts } from '#src/ports/command-ports.ts';
import {
  consentButtons,
  describeNextStep,
  findPresentConsent,
} from '#src/ports/talk-guide.ts';
import { describeRetention } from '#src/sessions/panel-view.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Describes the caller's consent, with the numbers of stored rows. */
export async function buildStatus(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const status = await ports.privacy.getStatus(call.guildId, call.caller.id);
  const { consent, stored } = status;
  const reply: Reply =
    consent === 'unread'
      ? { id: 'privacy.unread', buttons: consentButtons }
      : await toConsentReply(consent, call, ports);
  return [addLines(reply, [describeStored(stored)])];
}

function describeStored(stored: StoredCounts | undefined): TextLine {
  if (!stored) return { id: 'privacy.uncounted' };
  const { lines: n, memories, notes, settings: m } = stored;
  return { id: 'privacy.status', with: { n, memories, notes, m } };
}

/** Describes the caller's consent, with a short explanation of privacy. */
export async function showCard(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const [reply] = await buildStatus(call, ports);
  const retentionLines = await toRetentionLines(call, ports.features.settings);
  return [addLines(reply, [{ id: 'panel.privacy' }, ...retentionLines])];
}

async function toRetentionLines(
  { guildId }: CommandCall,
  settings: Public<SettingsRequests>,
) {
  const view = await settings.viewSettings(guildId);
  const days = view.all.find(({ key }) => key === 'captions_days')?.value;
  return days === undefined ? [] : [describeRetention(Number(days))];
}

/** Describes a consent, and the next step if the caller sits in the channel. */
export async function toConsentReply(
  consent: Consent,
  call: CommandCall,
  { guilds }: CommandPorts,
): Promise<Reply> {
  const denied = await guilds.findDenial(call);
  if (denied) return denied;
  const { talk } = await guilds.readHelpState(call.guildId);
  const isThere =
    talk !== undefined && findPresentConsent(call.caller.id, talk) !== undefined;
  if (!isThere || !isHeardConsent(consent))
    return { id: `consent.${consent}`, buttons: consentButtons };
  const nextStep = describeNextStep(talk, consent);
  return {
    id: `consent.${consent}`,
    lines: [nextStep.line],
    buttons: [...consentButtons, ...nextStep.buttons],
  };
}

/** Adds lines below those of a reply. */
export function addLines(reply: Reply, lines: readonly TextLine[]): Reply {
  return { ...reply, lines: [...(reply.lines ?? []), ...lines] };
}
