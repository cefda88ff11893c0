import type { PersonId } from '#src/base/ids.ts';
import type { MoveAgreement } from '#src/sessions/move-requests.ts';
import {
  den,
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

// What people do by commands and buttons, in the server of the simulation.

const { guildId } = lounge;

/** Somebody plays music without an end. */
export async function playMusic({ tracks }: SessionFixture, by: PersonId) {
  const request = { sound: 'rain', track: 'main', loop: true, next: false };
  const caller = { id: by, name: by, mayManage: true };
  await tracks.playSound(guildId, caller, request);
}

/** A manager changes a setting: `addressing=name`. Throws where the bot does not take it, as nothing would be asked of it then. */
export async function changeSetting({ settings }: SessionFixture, change: string) {
  const [key = '', value = ''] = change.split('=');
  const { kind } = await settings.setSetting(guildId, key, value);
  if (kind !== 'set') throw new Error(`The setting ${change} is ${kind}.`);
}

/** A person chooses a voice for what is read out. */
export async function chooseVoice({ peopleSettings }: SessionFixture, by: PersonId) {
  await peopleSettings.changeSettings(guildId, by, { voice: 'calm' });
}

/** A person has the bot forget them. Once that is done, the judge is shown what the bot still knows of their own settings. */
export async function forgetPerson(
  { peopleSettings, privacy }: SessionFixture,
  by: PersonId,
  judge: { checkForgotten(by: PersonId, settings: object): void },
) {
  const { kind } = await privacy.forget(guildId, by);
  if (kind === 'forgotten')
    judge.checkForgotten(by, peopleSettings.getCached(guildId, by));
}

/** The bot has something to say to a person. */
export function queueNotice(
  { sessions }: SessionFixture,
  personId: PersonId,
  text: string,
) {
  const queue = sessions.findSession(guildId)?.mouth.requests;
  const getText = () => text;
  queue?.queueNotice({
    getText,
    language: 'en',
    personId,
    maxWaitMs: 20_000,
    onEnded: () => undefined,
  });
}

/** Somebody presses a button of Confirm. */
export async function pressButton(
  { confirmations }: SessionFixture,
  by: PersonId,
  offered: string | undefined,
) {
  const button = offered?.split(':')[1] ?? '';
  await confirmations.confirmCall(guildId, button, by);
}

/** A manager turns captions on or off. */
export async function showCaptions({ captions }: SessionFixture, isOn: boolean) {
  await (isOn ? captions.turnOn(guildId, {}) : captions.turnOff(guildId));
}

/** Somebody presses the button that takes the bot to the other channel. */
export async function agreeToMove(
  { sessions }: SessionFixture,
  by: PersonId,
  botChannel: string | null,
): Promise<MoveAgreement> {
  const { channelId } = botChannel === den.channelId ? lounge : den;
  return await sessions.moveRequests.agree(guildId, by, channelId);
}
