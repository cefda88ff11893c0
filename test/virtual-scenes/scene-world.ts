import { type PersonId, type RoleId, toPersonId, toRoleId } from '#src/base/ids.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { FactHistory } from './fact-history.ts';
import {
  type SceneChannel,
  type ScenePolicy,
  type SceneRole,
  scenePolicies,
  sceneRoles,
} from './scene-types.ts';

/** Ids of roles have as many digits as those of Discord. */
const roleIds: Readonly<Record<SceneRole, RoleId>> = {
  members: toRoleId('700000000000000001'),
  agreed: toRoleId('700000000000000002'),
};

export function toSceneRoleId(role: SceneRole): RoleId {
  return roleIds[role];
}

/** A person of a scene, and what is true of them at each instant. */
export class ScenePerson {
  readonly id: PersonId;
  readonly name: string;
  readonly seat: FactHistory<SceneChannel | undefined> = new FactHistory(undefined);
  readonly roles: FactHistory<readonly SceneRole[]>;
  /** Latest own answer. `called`: a yes for the session of a caller. */
  readonly answer: FactHistory<'yes' | 'no' | 'called' | undefined> = new FactHistory(
    undefined,
  );

  constructor(name: string, number: number, roles: readonly SceneRole[]) {
    this.name = name;
    this.id = toPersonId(`5000000000000000${`${number}`.padStart(2, '0')}`);
    this.roles = new FactHistory(roles);
  }

  /** Olga owns the server. */
  get mayManage(): boolean {
    return this.name === 'Olga';
  }

  toMember(): ChannelMember {
    const roles = this.roles.last.map(toSceneRoleId);
    return { id: this.id, name: this.name, isBot: false, roleIds: roles };
  }
}

/** Rules of the server, as its owner and the operator made them. */
export type SceneRules = {
  readonly policy: ScenePolicy;
  /** Needed to use the bot. */
  readonly needsRole: boolean;
  readonly blocked: readonly string[];
};

/** A line by which people learn that they are heard, from the instant on at which it was delivered. */
export type Telling = {
  readonly atMs: number;
  readonly channel: SceneChannel;
  readonly names: readonly string[];
  readonly text: string;
};

/** Something said, with the facts that a judge needs. */
export type Saying = {
  readonly by: string;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Frames that any recogniser got. */
  readonly heardFrames: Set<number>;
  /** The usual recogniser got some, not only that for commands on this machine. */
  isRecognised: boolean;
  /** True if its process ended before the saying could be recognised. */
  isCut: boolean;
};

/** What the bot showed, said or wrote. */
export type SceneLine = {
  readonly atMs: number;
  readonly kind: 'mention' | 'chat' | 'private' | 'reply' | 'voice' | 'direct';
  /** People that it is for; of a voice and a chat, all who sit there. */
  readonly names: readonly string[];
  readonly text: string;
  readonly buttons: readonly string[];
};

/** A frame of the bot that left. Each text that it says has a number of its own; other sound has none. */
export type SceneSound = {
  readonly atMs: number;
  readonly number: number | undefined;
  readonly text: string | undefined;
};

/** An act of a person that the bot has to obey and to answer. */
export type MeantAct = {
  readonly atMs: number;
  readonly by: string;
  readonly means: 'no' | 'stop';
  readonly way: 'pressed' | 'typed' | 'spoken';
};

/** Everything that is true in a scene, kept by those who do it, and never asked of the bot. */
export class SceneWorld {
  readonly people = new Map<string, ScenePerson>();
  readonly sayings: Saying[] = [];
  readonly lines: SceneLine[] = [];
  readonly tellings: Telling[] = [];
  readonly meant: MeantAct[] = [];
  /** Words that only people of one channel may know, and which that is. */
  readonly givenWords: { readonly text: string; readonly channel: SceneChannel }[] = [];
  readonly rules: FactHistory<SceneRules>;
  /** Instants at which the policy became looser. */
  readonly looserMs: number[] = [];
  /** Voice channel of the bot. */
  readonly botSeat: FactHistory<SceneChannel | undefined> = new FactHistory(undefined);
  /** Where nothing could be read since the process began, only people count who press then. */
  readonly isUnread: FactHistory<boolean> = new FactHistory(false);
  readonly panel: FactHistory<string> = new FactHistory('');
  readonly status: FactHistory<string> = new FactHistory('');
  /** Frames of the bot that left, and the text of its voice in them. */
  readonly sounds: SceneSound[] = [];
  readonly #roles: Readonly<Record<string, readonly SceneRole[]>>;

  constructor(
    policy: ScenePolicy,
    roles: Readonly<Record<string, readonly SceneRole[]>>,
  ) {
    this.rules = new FactHistory({ policy, needsRole: false, blocked: [] });
    this.#roles = roles;
  }

  /** Notes a text for the voice, which belongs to the channel in which it is to be spoken. */
  noteGivenWords(command: string): void {
    const [, text] = /^\/say text:(.*?)(?: \w+:\S+)*$/.exec(command) ?? [];
    const channel = this.botSeat.last;
    if (text && channel) this.givenWords.push({ text, channel });
  }

  /** Gets a person by name, who exists from the first call on. */
  getPerson(name: string): ScenePerson {
    const knownPerson = this.people.get(name);
    if (knownPerson) return knownPerson;
    const person = new ScenePerson(name, this.people.size + 1, this.#roles[name] ?? []);
    this.people.set(name, person);
    return person;
  }

  findPerson(personId: PersonId): ScenePerson | undefined {
    return [...this.people.values()].find(({ id }) => id === personId);
  }

  listPresent(channel: SceneChannel): readonly ScenePerson[] {
    return [...this.people.values()].filter(({ seat }) => seat.last === channel);
  }

  /** Whether the owner lets a person use the bot. */
  isAdmitted(person: ScenePerson, atMs: number): boolean {
    const { blocked, needsRole } = this.rules.getAt(atMs);
    if (blocked.includes(person.name)) return false;
    return (
      !needsRole || person.mayManage || person.roles.getAt(atMs).includes('members')
    );
  }

  /** Whether the policy hears a person who has not answered. */
  allowsUnasked(person: ScenePerson, atMs: number): boolean {
    const { policy } = this.rules.getAt(atMs);
    return (
      policy === 'notice' ||
      (policy === 'role' && person.roles.getAt(atMs).includes('agreed'))
    );
  }

  /** Notes an answer. A yes of a person who may not use the bot is refused. */
  noteAnswer(person: ScenePerson, answer: 'yes' | 'no' | 'called', atMs: number): void {
    const former = person.answer.last;
    if (answer === 'called' && (former === 'no' || former === 'yes')) return;
    if (answer !== 'no' && !this.isAdmitted(person, atMs)) return;
    person.answer.set(atMs, answer);
  }

  /** Changes rules, and notes where the policy becomes looser. */
  changeRules(change: Partial<SceneRules>, atMs: number): void {
    const former = this.rules.last;
    const next = { ...former, ...change };
    const [formerRank, nextRank] = [former, next].map(({ policy }) =>
      scenePolicies.indexOf(policy),
    ) as [number, number];
    if (nextRank > formerRank) this.looserMs.push(atMs);
    this.rules.set(atMs, next);
  }
}

/** Reads a role or a policy as the owner types it. */
export function parsePolicy(value: string): ScenePolicy | undefined {
  return scenePolicies.find((policy) => value.split(' ')[0] === policy);
}

/** Fills `{Ben}` and `{members}` with mentions. */
export function fillMentions(text: string, world: SceneWorld): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const role = sceneRoles.find((sceneRole) => sceneRole === name);
    return role ? `<@&${toSceneRoleId(role)}>` : `<@${world.getPerson(name).id}>`;
  });
}
