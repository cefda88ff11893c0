/** @import { RegisteredCommand } from './command-line.js' */
/** @import { FactEvent } from './facts.js' */
/** @import { Instants } from './waterfall.js' */

/**
 * A person in the sandbox's server.
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {string} [channel] name of the voice channel in which the person sits
 * @property {boolean} isYou whether the reader of the page plays this person
 * @property {boolean} speaks
 */

/**
 * A channel of the server.
 * @typedef {object} Channel
 * @property {string} id
 * @property {string} name
 * @property {string} kind `text`, `voice`, `stage` or `thread`
 * @property {string} [status] text below the name of a voice channel
 */

/**
 * The bot in the server.
 * @typedef {object} RoomBot
 * @property {string} [id]
 * @property {string} name
 * @property {boolean} online
 * @property {string} [channel] name of the voice channel in which the bot sits
 * @property {boolean} speaks
 */

/**
 * The server as it is now.
 * @typedef {object} Room
 * @property {Person[]} people
 * @property {Channel[]} channels
 * @property {{ id: string, name: string }[]} [roles]
 * @property {RoomBot} bot
 * @property {RegisteredCommand[]} commands
 * @property {string} you name of the reader's own person, empty before the first state came
 */

/**
 * A button below a message.
 * @typedef {object} RoomButton
 * @property {string} customId
 * @property {string} label
 * @property {boolean} disabled
 * @property {number} [style] Discord's number of its colour
 */

/**
 * A file of a message.
 * @typedef {object} RoomFile
 * @property {string} name
 * @property {string} type
 * @property {number} sizeBytes
 * @property {string} url
 */

/**
 * A choice of a menu.
 * @typedef {object} MenuChoice
 * @property {string} label
 * @property {string} value
 * @property {boolean} chosen
 */

/**
 * A menu of a message or a form.
 * @typedef {object} RoomMenu
 * @property {string} customId
 * @property {string} [placeholder]
 * @property {boolean} disabled
 * @property {number} minCount fewest choices that may be picked
 * @property {number} maxCount most choices that may be picked
 * @property {MenuChoice[]} choices
 */

/**
 * A field of a form.
 * @typedef {object} RoomField
 * @property {string} customId
 * @property {string} label
 * @property {boolean} required
 * @property {boolean} isLong whether the field takes several lines
 * @property {string} value
 * @property {number} maxLength in characters
 * @property {RoomMenu} [menu] present where the field is a menu
 */

/**
 * A form that the bot has opened.
 * @typedef {object} RoomForm
 * @property {string} id id of the interaction that the form answers
 * @property {string} title
 * @property {RoomField[]} fields
 */

/**
 * A message of a channel.
 * @typedef {object} RoomMessage
 * @property {string} id
 * @property {string} channel
 * @property {string} author
 * @property {string} text
 * @property {RoomButton[]} buttons
 * @property {RoomFile[]} [files]
 * @property {RoomMenu[]} [menus]
 * @property {string} [to] name of the only reader of a private message
 */

/**
 * Words that were recognised.
 * @typedef {object} Said
 * @property {'said'} kind
 * @property {string} who
 * @property {string} text
 */

/**
 * An answer from its beginning, with the words that were heard so far.
 * @typedef {object} Answering
 * @property {'answering'} kind
 * @property {number} answerId
 * @property {string} who name of the asker
 * @property {string} [text] absent before its first word
 */

/**
 * An answer that has ended.
 * @typedef {object} Answered
 * @property {'answered'} kind
 * @property {number} answerId
 * @property {string} who name of the asker
 * @property {string} text
 * @property {string} heardText the part of the text that was heard
 * @property {'completed' | 'cancelled' | 'empty' | 'failed'} finish
 * @property {boolean} [isMessage] whether a message has just these words
 * @property {string} [messageId] id of that message, once it came
 * @property {string} [to] name of the only reader of that message
 * @property {Instants} instants
 * @property {number} [firstHeardAtMs] instant at which the reader's person first heard the answer
 */

/**
 * Words that got no answer, and the code of the reason, or of a typed line the reason itself.
 * @typedef {{ kind: 'ignored', who: string, why: IgnoreCode } | { kind: 'ignored', who: string, why: 'typed', text: string } | { kind: 'dropped', who: string, why: DropCode }} Unanswered
 */

/** @typedef {'empty' | 'not-named' | 'dismissed' | 'mentioned' | 'same-voice' | 'off' | 'bot'} IgnoreCode */
/** @typedef {'crowded' | 'late' | 'ending' | 'budget'} DropCode */

/**
 * An engine that hears, thinks or speaks.
 * @typedef {object} Engine
 * @property {'speech to text' | 'chat' | 'text to speech'} role
 * @property {boolean} isLocal whether it is the built-in one
 * @property {string} what its name, for others
 * @property {string} [voice]
 */

/**
 * A person in the bot's channel, and their answer to the question whether they may be heard.
 * @typedef {object} Presence
 * @property {string} name
 * @property {boolean} isHeard
 * @property {'agreed' | 'undecided' | 'refused' | 'barred'} answer
 */

/**
 * Facts of the panel: the act of the bot, and the people that it hears.
 * @typedef {object} PanelFacts
 * @property {'panel'} kind
 * @property {string} channel name of the voice channel
 * @property {'waiting' | 'listening' | 'thinking' | 'speaking'} mood
 * @property {readonly Presence[]} people
 * @property {string} headline
 * @property {readonly string[]} notes further sentences
 */

/**
 * A command that was sent by this page.
 * @typedef {object} SentCommand
 * @property {'command'} kind
 * @property {string} text
 */

/**
 * The reply to a request of the page.
 * @typedef {object} Reply
 * @property {'reply'} kind
 * @property {number} id id of the request
 * @property {boolean} ok
 * @property {true} [isLost] true without a connection
 * @property {string} [error] one sentence, where `ok` is false
 * @property {string} [cause] the sentence for operators, in English
 * @property {string} [messageId] id of the bot's message
 * @property {string} [text] the bot's message
 * @property {boolean} [ephemeral] whether the reader alone reads it
 * @property {readonly RoomFile[]} [files] of the bot's message, where a control shows it
 * @property {{ name: string, value: string | number }[]} [choices] suggestions for a half-typed option
 * @property {RoomForm} [form] form that the bot has opened
 * @property {readonly FoundServer[]} [servers] programs with models on this machine
 * @property {readonly { name: string, start: string }[]} [stopped] programs that do not answer, and the commands that start them
 * @property {readonly string[]} [vendors] names of vendors that need a key
 * @property {{ models: readonly LocalOffer[] }} [local] models that the bot can fetch and run here
 * @property {string} [chosen] the model of this machine that the settings name
 * @property {'connected' | 'refused' | 'removed'} [outcome] of a model that was tried
 * @property {string} [server] name of the connected server
 * @property {string} [roles] names of the roles that it fills
 * @property {string} [why] lines about a refused one
 */

/**
 * Progress of a chat model that is fetched.
 * @typedef {{ readonly percent: number, readonly minutes?: number }} ModelFetch
 */

/**
 * A model that the bot can fetch and run here. Languages are tags (BCP 47).
 * @typedef {{ readonly name: string, readonly bytes: number, readonly memoryBytes: number, readonly licence: string,
 *   readonly languages: readonly string[], readonly tokensPerSecond: number }} LocalOffer
 */

/**
 * A program on this machine, and the models that it lists.
 * @typedef {{ readonly name: string, readonly models: readonly string[] }} FoundServer
 */

/**
 * A message that was posted, edited or deleted.
 * @typedef {RoomMessage & { kind: 'message', change: 'posted' | 'edited' | 'deleted' }} RoomMessageEvent
 */

/**
 * Everything that the sandbox tells the page. `live` is the transcript so far of a present speaker.
 * @typedef {(Room & { kind: 'state' })
 *   | RoomMessageEvent
 *   | Said
 *   | Answering
 *   | Answered
 *   | Unanswered
 *   | SentCommand
 *   | Reply
 *   | { kind: 'live', who: string, text: string, answerId?: number }
 *   | FactEvent
 *   | { kind: 'models', hasChatModel: boolean, fetching?: ModelFetch }
 *   | { kind: 'engines', engines: Engine[] }
 *   | PanelFacts
 *   | { kind: 'microphone', state: 'yours' | 'taken' }
 *   | { kind: 'speaks', who: string, on: boolean }} RoomEvent
 */

/**
 * An entry of the conversation. `wallMs` counts since 1970.
 * @typedef {{ key: string, wallMs?: number }
 *   & (Said | Answering | Answered | Unanswered | SentCommand | (RoomMessage & { kind: 'message' }))} Item
 */

/**
 * The room as the page shows it.
 * @typedef {object} RoomState
 * @property {Room} room
 * @property {readonly Item[]} items oldest first
 * @property {number} count number of items so far, dropped ones too
 * @property {Readonly<Record<string, string>>} live transcripts so far of present speakers, by name
 * @property {boolean} hasChatModel false: a small built-in list answers
 * @property {ModelFetch} [fetching] progress of a chat model that is on its way
 * @property {readonly Engine[]} engines
 * @property {PanelFacts} [panel] absent before the bot has joined
 */

export {};
