import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';
import { withStoreTimeout } from '#src/ports/stores.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { reminderPart } from '#src/stores/reminder-store.ts';
import { ReminderDelivery } from './reminder-delivery.ts';
import { ReminderScheduler } from './reminder-scheduler.ts';
import {
  cancelReminderTool,
  listRemindersTool,
  setReminderTool,
} from './reminder-tools.ts';

/** Objects of reminders for tools and commands. */
export type ReminderPorts = {
  readonly reminders: ReminderScheduler;
  /** Members with a lasting yes, as far as names are known. */
  readonly listAgreedPeople: (guildId: GuildId) => Promise<readonly ChannelMember[]>;
};

/**
 * Reminders, timers and messages for others.
 *
 * @example
 * import { remindersFeature } from '#src/features/reminders/reminders-feature.ts';
 *
 * remindersFeature.tools?.map(({ name }) => name); // ['set_reminder', 'list_reminders', 'cancel_reminder']
 */
export const remindersFeature: Feature<ReminderPorts> = {
  name: 'reminders',
  tools: [setReminderTool, listRemindersTool, cancelReminderTool],
  help: [
    {
      topic: 'reminders',
      buildLine: ({ talk }) =>
        talk?.mode === 'captions' ? undefined : { id: 'help.reminders' },
    },
  ],
  open: ({ store }) => ({
    openShard({ deps, sessions, shard: { id, count } }) {
      const reminderStore = store(reminderPart);
      const delivery = new ReminderDelivery(deps, sessions);
      const reminders = new ReminderScheduler({
        ...deps,
        store: reminderStore,
        // Only data can cross to the thread of the store.
        shard: { id, count },
        deliver: (group, signal) => delivery.deliver(group, signal),
      });
      return {
        ports: {
          reminders,
          async listAgreedPeople(guildId) {
            const { answers } = await sessions.consents.loadChoices(guildId);
            return await deps.places.listMembers(guildId, answers.yes);
          },
        },
        createSession: (session) => new ArrivalWatch(session, reminders),
        serve: () => reminders.startServing(),
        async onGuildsArrived(guildIds) {
          reminders.onGuildsArrived(guildIds);
          return new Set();
        },
        person: {
          forgetPerson(guildId, personId, reason) {
            reminders.forgetPerson(guildId, personId);
            if (reason === 'forgotten') return undefined; // their rows go with the table
            return (erasure) =>
              withStoreTimeout(guildId, deps, 'store.unwritable', () =>
                reminderStore.removePersonReminders(erasure),
              );
          },
        },
      };
    },
  }),
};

/** Delivers waiting reminders when people arrive, or agree in the channel. */
class ArrivalWatch implements FeatureSession {
  readonly #session: {
    readonly consent: SessionConsent;
    readonly voiceChannel: SessionChannel;
  };
  readonly #reminders: ReminderScheduler;
  #agreedIds: readonly PersonId[] = [];

  constructor(
    session: {
      readonly consent: SessionConsent;
      readonly voiceChannel: SessionChannel;
    },
    reminders: ReminderScheduler,
  ) {
    this.#session = session;
    this.#reminders = reminders;
  }

  /** Tells the scheduler of people who agreed for good and were not there before. */
  onPresence(people: readonly ChannelMember[]): void {
    const { consent, voiceChannel } = this.#session;
    const agreedIds = people
      .map(({ id }) => id)
      .filter((id) => consent.getConsent(id) === 'always');
    const arrivedIds = agreedIds.filter((id) => !this.#agreedIds.includes(id));
    this.#agreedIds = agreedIds;
    if (arrivedIds.length > 0)
      this.#reminders.onPeopleArrived(voiceChannel.channel.guildId, arrivedIds);
  }
}
