/**
 * Actions on the page; each is a press of a person.
 * @typedef {{
 *   join(channel: string, person?: string): void, leave(person?: string): void,
 *   press(messageId: string, customId: string, values?: readonly string[]): void,
 *   submit(form: string, fields: Readonly<Record<string, string | readonly string[]>>): void, closeForm(): void,
 *   send(words?: string): void, typed(line: string): void,
 *   lineKey(event: KeyboardEvent): void, file(file: File): void,
 *   typeFor(person: string, text: string): void, agree(person: string): void, microphone(): void, openTalk(on: boolean): void,
 *   talk(on: boolean): void,
 * }} RoomActions
 */

/**
 * All that is drawn beside the room's own state.
 * @typedef {{
 *   room: import('./room-state.js').RoomState, isConnected: boolean, notice: string, level: number, heardLevel: number, isMicrophoneOpen: boolean, isSounding: boolean,
 *   isOpenTalk: boolean, isTalking: boolean, line: string,
 *   suggestions: readonly import('./command-line.js').Suggestion[], picked: number, fileOption: string | undefined,
 *   form: import('./room-state.js').RoomForm | undefined,
 * }} PageState
 */

export {};
