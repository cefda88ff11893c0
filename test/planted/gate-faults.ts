import type { PlantedFault } from '#test/simulate/planted-fault.ts';

const audience = 'src/people/audience.ts';
const owned = 'src/people/owned.ts';
const audienceTests = ['test/people', 'test/gates/owned.test.ts'];

/** Breaks of the gate of who may know: words that leave their channel or their person. */
export const audienceFaults: readonly PlantedFault[] = [
  {
    id: 'u01',
    meaning: 'Words may be read at every place.',
    file: owned,
    from: 'const isOpen = !this.isErased && isOpenAt(this.owner, placeId, mayReadersOpen);',
    to: 'const isOpen = !this.isErased && (isOpenAt(this.owner, placeId, mayReadersOpen) || true);',
    tests: audienceTests,
  },
  {
    id: 'u02',
    meaning: 'Erased words may still be read.',
    file: owned,
    from: 'const isOpen = !this.isErased && isOpenAt(this.owner, placeId, mayReadersOpen);',
    to: 'const isOpen = isOpenAt(this.owner, placeId, mayReadersOpen);',
    tests: audienceTests,
  },
  {
    id: 'u03',
    meaning: 'Whoever asks may read the words of another person.',
    file: owned,
    from: 'onlyFor === personId && (channelId',
    to: 'onlyFor !== undefined && (channelId',
    tests: audienceTests,
  },
  {
    id: 'u04',
    meaning: 'Words of two channels join to a text of the first.',
    file: owned,
    from: 'if (otherOwners.some((owner) => JSON.stringify(owner)',
    to: 'if (otherOwners.length > 9 && otherOwners.some((owner) => JSON.stringify(owner)',
    tests: audienceTests,
  },
  {
    id: 'u05',
    meaning: 'A seat in any channel of the server opens all of them.',
    file: audience,
    from: '?.channelId === channelId) return',
    to: '?.channelId !== undefined) return',
    tests: [...audienceTests, 'test/features/captions'],
  },
  {
    id: 'u06',
    meaning: 'A channel that some people may not open counts as open as another.',
    file: audience,
    from: 'right.deniedIds.symmetricDifference(other.deniedIds).size === 0',
    to: 'right.deniedIds.size >= 0',
    tests: audienceTests,
  },
  {
    id: 'u07',
    meaning: 'Sound that was erased while it waited is still heard.',
    file: owned,
    from: 'return mayBeHeard(this.owner) && !this.isErased ? this.#value : undefined;',
    to: 'return mayBeHeard(this.owner) ? this.#value : undefined;',
    tests: audienceTests,
  },
  {
    id: 'u08',
    meaning: 'One erased source among several does not count.',
    file: owned,
    from: 'return all.some((sources) => sources.areErased);',
    to: 'return all.every((sources) => sources.areErased);',
    tests: audienceTests,
  },
  {
    id: 'u09',
    meaning: 'Words that were erased while an event waited still reach its program.',
    file: 'src/web/api/event-streams.ts',
    from: 'return this.#sources.areErased ? writeEvent(this.#event) : this.#whole;',
    to: 'return this.#sources.areErased && !this.#event ? this.#whole : this.#whole;',
    tests: ['test/web/api/events.test.ts', 'test/web/api/event-webhooks.test.ts'],
  },
  {
    id: 'u10',
    meaning:
      'Of several lines for people the ones that may be read in a channel are written without the others.',
    file: 'src/discord/panel/channel-messages.ts',
    from: '  if (opened.length < lines.length) return undefined;\n',
    to: '',
    tests: ['test/discord/panel/channel-messages.test.ts'],
  },
];

const reservation = 'src/spending/reservation.ts';
const ledger = 'src/spending/ledger/ledger.ts';
const moneyTests = ['test/spending', 'test/gates/paid.test.ts'];

/** Breaks of the gate of money: requests that are bounded too low, charged to nobody, or beyond a cap. */
export const moneyFaults: readonly PlantedFault[] = [
  {
    id: 'g01',
    meaning: 'The sound of a question costs nothing.',
    file: reservation,
    from: 'const inputTokens = boundInputTokens(request) + heardTokens;',
    to: 'const inputTokens = boundInputTokens(request) + 0 * heardTokens;',
    tests: moneyTests,
  },
  {
    id: 'g02',
    meaning: 'The schemas of tools are not counted.',
    file: reservation,
    from: 'JSON.stringify([textMessages, tools])',
    to: 'JSON.stringify([textMessages, tools.slice(tools.length)])',
    tests: moneyTests,
  },
  {
    id: 'g03',
    meaning: 'Pictures are not counted.',
    file: reservation,
    from: 'return bytes + countPictures(messages) * maxPictureTokens;',
    to: 'return bytes + 0 * countPictures(messages) * maxPictureTokens;',
    tests: moneyTests,
  },
  {
    id: 'g04',
    meaning: 'A cap that refuses is passed.',
    file: reservation,
    from: "if (typeof hold === 'string') throw createBudgetError(hold);\n    return hold;",
    to: "if (hold === 'all') throw createBudgetError(hold);\n    return typeof hold === 'string' ? undefined : hold;",
    tests: moneyTests,
  },
  {
    id: 'g05',
    meaning: 'Spoken sound is charged to nobody.',
    file: reservation,
    from: "this.#countUsage('speak', usage, { ...spoken, kind: 'spoken' });",
    to: 'void [usage, spoken];',
    tests: moneyTests,
  },
  {
    id: 'g06',
    meaning: 'Money set aside is not seen by the next request.',
    file: ledger,
    from: 'this.#getServer(guildId).reserves.add(reserve);',
    to: '',
    tests: moneyTests,
  },
  {
    id: 'g07',
    meaning: 'A person who was forgotten spends anew.',
    file: ledger,
    from: 'addToSums(this.#getDay(guildId, day).people, personId, sum);',
    to: 'if (!this.#getServer(guildId).forgotten.has(personId)) addToSums(this.#getDay(guildId, day).people, personId, sum);',
    tests: moneyTests,
  },
  {
    id: 'g08',
    meaning: 'What other processes spent today is not counted.',
    file: ledger,
    from: 'this.#storedTotals.set(day, nanoUsd);',
    to: 'this.#storedTotals.set(day, 0 * nanoUsd);',
    tests: moneyTests,
  },
  {
    id: 'g09',
    meaning:
      'Who speaks on after the money for the sound is used has more of it set aside for ever.',
    file: 'src/spending/paid-engine.ts',
    from: '  if (sound.signal.aborted) return end();\n',
    to: '',
    tests: moneyTests,
  },
];

const negotiation = 'src/provider/negotiation/negotiation.ts';
const knowledge = 'src/provider/negotiation/server-knowledge.ts';
const negotiationTests = ['test/provider', 'test/speech/dialects', 'test/chat'];

/** Breaks of the gate of what a server takes: dialects that are not understood, asked for again and again, or believed too soon. */
export const negotiationFaults: readonly PlantedFault[] = [
  {
    id: 'n01',
    meaning: 'A refusal that names nothing ends the question.',
    file: negotiation,
    from: 'if (named.length === 0) this.#guessParts(cause, refusal);',
    to: 'if (named.length === 0) throw this.#createLastError(cause);',
    tests: negotiationTests,
  },
  {
    id: 'n02',
    meaning: 'What a server taught is forgotten at once.',
    file: knowledge,
    from: 'const dueAtMs = this.#options.clock.nowMs() + lessonMs;\n    this.#memories.set(key,',
    to: 'const dueAtMs = this.#options.clock.nowMs() + lessonMs;\n    new Map<string, Memory>().set(key,',
    tests: negotiationTests,
  },
  {
    id: 'n03',
    meaning: 'A fault of the moment teaches for an hour.',
    file: knowledge,
    from: "const isSure = memory.certainty !== 'doubted' || memory.count >= minDoubtedLessons;",
    to: 'const isSure = memory.count > 0;',
    tests: negotiationTests,
  },
  {
    id: 'n04',
    meaning: 'What was refused once is never tried again.',
    file: knowledge,
    from: 'return memory !== undefined && memory.dueAtMs <= this.#options.clock.nowMs();',
    to: 'return memory !== undefined && memory.dueAtMs < 0;',
    tests: negotiationTests,
  },
  {
    id: 'n05',
    meaning: 'A form that the refusal offers is not taken.',
    file: negotiation,
    from: 'const form = offeredForm ?? laterForms[0];',
    to: 'const form = laterForms[0];',
    tests: negotiationTests,
  },
  {
    id: 'n06',
    meaning: 'A request that is paid once is sent again.',
    file: negotiation,
    from: 'const isUnpayable = isPaidOnce && !tries && !isUnpaid(cause);',
    to: 'const isUnpayable = isPaidOnce && !tries && isUnpaid(cause) && false;',
    tests: negotiationTests,
  },
  {
    id: 'n07',
    meaning: 'The name of the model is taken for a part.',
    file: negotiation,
    from: 'if (!model) return refusal;',
    to: 'if (model) return refusal;',
    tests: negotiationTests,
  },
  {
    id: 'n08',
    meaning: 'A server is asked without end.',
    file: negotiation,
    from: 'if (this.#tries >= maxTries || isUnpayable)',
    to: 'if (this.#tries >= 3 * maxTries || isUnpayable)',
    tests: negotiationTests,
  },
];
