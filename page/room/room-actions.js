/**
 * @typedef {{
 *   join(channel: string, person?: string): void, askRoom(kind: string, fields: object): Promise<import('./room-state.js').Reply>,
 *   submitForm(form: string, fields: Readonly<Record<string, string | readonly string[]>>): Promise<void>, closeForm(): void,
 *   send(words?: string): void, changeLine(line: string): Promise<void>,
 *   pressLineKey(event: KeyboardEvent): void, attachFile(file: File): void,
 *   agree(person: string): void, toggleMicrophone(): void, setOpenTalk(on: boolean): void,
 *   setTalking(on: boolean): void,
 * }} RoomActions
 */

/**
 * @typedef {{
 *   room: import('./room-state.js').RoomState, isConnected: boolean, notice: string, level: number, heardLevel: number, isMicrophoneOpen: boolean, isSounding: boolean,
 *   isOpenTalk: boolean, isTalking: boolean, line: string,
 *   suggestions: readonly import('./command-line.js').Suggestion[], picked: number, fileOption: string | undefined,
 *   form: import('./room-state.js').RoomForm | undefined,
 * }} PageState
 */

export {};
