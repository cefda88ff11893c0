import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import { span } from '#doctor/seat-line.ts';
import {
  type Account,
  type LoginBudget,
  messageContentIntent,
} from '#src/discord/account/account.ts';
import { inviteUrlOf } from '#src/discord/account/rights.ts';

const portal = 'https://discord.com/developers/applications';
/** Unnoticeable difference of clocks, in ms; Discord tells its time in whole seconds. */
const clockMs = 5_000;
/** Logins that a day of restarts takes. */
const fewLogins = 50;

/** `aheadMs` is how far this machine's clock is ahead of Discord's; undefined where Discord told no time. */
export function clockLine(aheadMs: number | undefined): ReportLine {
  if (aheadMs === undefined) return ok('clock', 'Discord sent no time to compare with');
  const words = `${span(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} Discord's`;
  if (Math.abs(aheadMs) <= clockMs) return ok('clock', "as Discord's, within 5 s");
  const mend = 'synchronise the clock: timedatectl set-ntp true, or a time service of the host';
  return differs('clock', words, mend);
}

/** `messageContent`: the bot asks for that intent. */
export function accountLines(account: Account, messageContent = false): readonly ReportLine[] {
  const { applicationId, name } = account;
  return [
    ok('token', `of ${name}, application ${applicationId}`),
    intentsLine(account, messageContent),
    inviteLine(account),
  ];
}

function intentsLine(
  { applicationId, privilegedIntents }: Account,
  messageContent: boolean,
): ReportLine {
  const mayRead = privilegedIntents.includes(messageContentIntent);
  if (messageContent && !mayRead) {
    const why = `${messageContentIntent} is off, which MESSAGE_CONTENT=on needs`;
    return differs('intents', why, `tick it: ${portal}/${applicationId}/bot`);
  }
  const needless = privilegedIntents.filter(
    (name) => !(messageContent && name === messageContentIntent),
  );
  if (needless.length === 0)
    return ok('intents', messageContent ? messageContentIntent : 'none privileged, none needed');
  const why = `${needless.join(', ')} switched on, which the bot never uses`;
  return differs(
    'intents',
    why,
    `switch off what nothing else needs: ${portal}/${applicationId}/bot`,
  );
}

function inviteLine({ applicationId, needsCodeGrant, isPublic }: Account): ReportLine {
  if (needsCodeGrant) {
    const why = 'the application requires a code grant, so that its invite link fails';
    return missing(
      'invite',
      why,
      `switch off Requires OAuth2 Code Grant: ${portal}/${applicationId}/bot`,
    );
  }
  const who = isPublic ? 'any person' : 'only its owner';
  return ok('invite', `${who} may use ${inviteUrlOf(applicationId)}`);
}

export function loginsLine({ total, remaining, resetAfterMs }: LoginBudget): ReportLine {
  const why = `${remaining} of ${total} left today, all again in ${span(resetAfterMs)}`;
  const mend = 'find out why the bot restarts repeatedly (its log says why) and wait until then';
  if (remaining <= 0) return missing('logins', why, mend);
  return remaining < fewLogins ? differs('logins', why, mend) : ok('logins', why);
}
