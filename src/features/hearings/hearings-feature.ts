import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { withStoreTimeout } from '#src/ports/stores.ts';
import {
  type HeardSpan,
  type HearingStore,
  hearingPart,
  maxHearingAgeMs,
} from '#src/stores/hearing-store.ts';
import { HearingRecord } from './hearing-record.ts';

/** Entries of one reply. */
const maxListedHearings = 2_000;

/** Objects of hearings for commands. */
export type HearingPorts = { readonly hearings: HearingRecords };

/**
 * Who was heard when, for the managers of a server.
 *
 * @example
 * import { hearingsFeature } from '#src/features/hearings/hearings-feature.ts';
 *
 * hearingsFeature.name; // 'hearings'
 */
export const hearingsFeature: Feature<HearingPorts> = {
  name: 'hearings',
  open: ({ store }) => ({
    openShard({ deps }) {
      const hearings = new HearingRecords(store(hearingPart), deps);
      return {
        ports: { hearings },
        createSession: (session) => hearings.openRecord(session),
        person: {
          forgetPerson(guildId, personId, reason) {
            if (reason === 'forgotten') hearings.dropPerson(guildId, personId);
            return undefined; // their rows go with the table
          },
        },
      };
    },
  }),
};

/** Records of the sessions of one shard, and the stored hearings of its servers. */
class HearingRecords {
  readonly #store: HearingStore;
  readonly #deps: SessionDependencies;
  readonly #records = new Map<GuildId, HearingRecord>();

  constructor(store: HearingStore, deps: SessionDependencies) {
    this.#store = store;
    this.#deps = deps;
  }

  /** Opens the record of a session, and ends that of the former one. */
  openRecord(session: ConstructorParameters<typeof HearingRecord>[0]): HearingRecord {
    const { guildId } = session.voiceChannel.channel;
    this.#records.get(guildId)?.end();
    const { clock, onEvent } = this.#deps;
    const record = new HearingRecord(session, { clock, onEvent, store: this.#store });
    this.#records.set(guildId, record);
    return record;
  }

  /** Lists hearings of the last 30 days, newest first. Undefined after a failure, which is reported. Never throws. */
  async list(
    guildId: GuildId,
    personId: PersonId | undefined,
  ): Promise<readonly HeardSpan[] | undefined> {
    await this.#records.get(guildId)?.refresh();
    const sinceWallMs = this.#getOldestWallMs();
    return await withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
      this.#store.list(guildId, { personId, sinceWallMs }, maxListedHearings),
    );
  }

  /** Drops rows of a person that are not written yet. */
  dropPerson(guildId: GuildId, personId: PersonId): void {
    this.#records.get(guildId)?.dropPerson(personId);
  }

  #getOldestWallMs() {
    return this.#deps.clock.wallMs() - maxHearingAgeMs;
  }
}
