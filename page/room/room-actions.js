/** @import { ConnectState } from './connect-view.js' */
/** @import { Reply, RoomForm, RoomState } from './room-types.js' */
/** @import { DeviceState } from './sound/device-chooser.js' */
/** @import { Facts } from './facts.js' */
/** @import { TrackActs, TrackRefusal } from './track-acts.js' */
/** @import { SideActs } from './side-acts.js' */
/** @import { SoundGate } from './sound/sound-gate.js' */
/** @import { Suggestion } from './command-line.js' */

/**
 * Acts of the reader, which views call when something is pressed.
 * @typedef {object} RoomActions
 * @property {(channel: string, person?: string) => void} join joins a voice channel by name, by default as the reader's own person
 * @property {(kind: string, fields: object) => Promise<Reply>} askRoom sends a request, and shows its error; never throws
 * @property {(form: string, fields: Readonly<Record<string, string | readonly string[]>>) => Promise<void>} submitForm sends a form, and closes it where the bot took it
 * @property {() => void} closeForm closes the form without an answer
 * @property {(text?: string) => void} send sends a text or a command, by default the typed line
 * @property {(typedLine: string) => Promise<void>} changeLine replaces the typed line, and shows suggestions for it
 * @property {(event: KeyboardEvent) => void} pressLineKey marks or takes a suggestion, or recalls a sent line
 * @property {(file: File) => void} attachFile leaves a file at the sandbox for the option at the end of the line
 * @property {() => void} openConnect opens the dialog that connects a model, and looks for programs on this machine
 * @property {() => void} closeConnect closes it
 * @property {(vendor: string, choice: { model?: string, key?: string }) => void} connectModel tries a model, and keeps it where it works
 * @property {(name: string | undefined) => void} chooseLocalModel chooses a model that the bot fetches and runs here; undefined removes it
 * @property {() => void} restartBot starts the bot with the connected model
 * @property {(locale: string) => Promise<void>} changeLanguage takes another language, and keeps it for this browser
 * @property {(person: string) => void} agree lets a person agree to be heard
 * @property {() => void} toggleMicrophone opens or closes the microphone
 * @property {(isOpenTalk: boolean) => void} setOpenTalk chooses between an open microphone and holding a key to talk
 * @property {(on: boolean) => void} setTalking begins or ends to talk, while the microphone is open
 * @property {TrackActs} tracks acts on the tracks of the bot
 * @property {SideActs} side acts of the side: devices, the talk to take along, how the bot speaks
 */

/**
 * The side beside the talk.
 * @typedef {object} SideState
 * @property {DeviceState} devices
 * @property {number | undefined} keptFromMs instant since 1970 from which the sound is kept, undefined: it is not
 * @property {readonly string[]} voices
 * @property {string} mannerReply the bot's last sentence about how it speaks, or none
 */

/**
 * Everything that the page shows.
 * @typedef {object} PageState
 * @property {RoomState} room
 * @property {boolean} isConnected
 * @property {string} notice one sentence for the reader, or none
 * @property {SoundGate} soundGate
 * @property {number} level of the microphone, 0 to 1
 * @property {number} heardLevel of the sound that the reader hears, 0 to 1
 * @property {boolean} isMicrophoneOpen
 * @property {boolean} isSounding whether the bot is heard
 * @property {boolean} isOpenTalk whether the reader talks without holding a key
 * @property {boolean} isTalking
 * @property {string} typedLine
 * @property {readonly Suggestion[]} suggestions
 * @property {number} picked index of the marked suggestion, -1: none
 * @property {string | undefined} fileOption name of the option that takes a file
 * @property {RoomForm | undefined} form
 * @property {ConnectState | undefined} connect the dialog that connects a model
 * @property {SideState} side
 * @property {Facts} facts tracks, timers and tools
 * @property {number} nowMs instant of this drawing, by the clock of the page
 * @property {Readonly<Record<string, number>>} wantedVolumes in percent, on their way to the bot, by track
 * @property {TrackRefusal | undefined} trackRefusal why the last change of a track was refused
 */

export {};
