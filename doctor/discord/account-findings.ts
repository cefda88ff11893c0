import { span } from '#doctor/span.ts';
import { type Account, messageContentIntent } from '#src/discord/account/account.ts';
import { inviteUrlOf } from '#src/discord/account/rights.ts';
import type { StartLimit } from '#src/discord/shards/gateway-limits.ts';
import { differs, type Finding, missing, ok } from '#src/probes/probe.ts';

const portal = 'https://discord.com/developers/applications';
/** Logins that a day of restarts takes. */
const fewLogins = 50;

/** `messageContent`: the bot asks for that intent. */
export function accountLines(account: Account, messageContent = false): readonly Finding[] {
  const { applicationId, name } = account;
  return [
    ok('token', `it belongs to ${name}, application ${applicationId}`),
    intentsLine(account, messageContent),
    inviteLine(account),
  ];
}

function intentsLine(
  { applicationId, privilegedIntents }: Account,
  messageContent: boolean,
): Finding {
  const mayRead = privilegedIntents.includes(messageContentIntent);
  if (messageContent && !mayRead) {
    const why = `${messageContentIntent} is off, but MESSAGE_CONTENT=on needs it`;
    return differs('intents', why, `turn it on: ${portal}/${applicationId}/bot`);
  }
  const needless = privilegedIntents.filter(
    (name) => !(messageContent && name === messageContentIntent),
  );
  if (needless.length === 0)
    return ok(
      'intents',
      messageContent ? messageContentIntent : 'no privileged intent is on, and the bot needs none',
    );
  const why = `these are on, but the bot does not use them: ${needless.join(', ')}`;
  return differs(
    'intents',
    why,
    `turn off those that no other program needs: ${portal}/${applicationId}/bot`,
  );
}

function inviteLine({ applicationId, needsCodeGrant, isPublic }: Account): Finding {
  if (needsCodeGrant) {
    const why = 'the invite link fails: the application requires a code grant';
    return missing(
      'invite',
      why,
      `turn off Requires OAuth2 Code Grant: ${portal}/${applicationId}/bot`,
    );
  }
  const who = isPublic ? 'any person' : 'only its owner';
  return ok('invite', `${who} may use ${inviteUrlOf(applicationId)}`);
}

export function loginsLine({ total, remaining, resetAfterMs }: StartLimit): Finding {
  const why = `${remaining} of ${total} are left today; the limit is reset in ${span(resetAfterMs)}`;
  const mend = 'wait until then; find in the log of the bot why it restarts repeatedly';
  if (remaining <= 0) return missing('logins', why, mend);
  return remaining < fewLogins ? differs('logins', why, mend) : ok('logins', why);
}
