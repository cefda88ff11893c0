/** Opcodes of the voice gateway, version 8 (https://discord.com/developers/docs/topics/opcodes-and-status-codes#voice-voice-opcodes daveprotocol.com for 21 to 31). */
export const voiceOpcodes = {
  identify: 0,
  selectProtocol: 1,
  ready: 2,
  heartbeat: 3,
  sessionDescription: 4,
  speaking: 5,
  heartbeatAck: 6,
  resume: 7,
  hello: 8,
  resumed: 9,
  clientsConnect: 11,
  clientDisconnect: 13,
  /** 18 and 20 are in no document. Seen right after 11 in public client logs. */
  clientFlags: 18,
  clientPlatform: 20,
  prepareTransition: 21,
  executeTransition: 22,
  transitionReady: 23,
  prepareEpoch: 24,
  externalSender: 25,
  keyPackage: 26,
  proposals: 27,
  commitWelcome: 28,
  announceCommit: 29,
  welcome: 30,
  invalidCommit: 31,
} as const;

/** Why the server closes a voice socket (https://discord.com/developers/docs/topics/opcodes-and-status-codes#voice-voice-close-event-codes). */
export const voiceCloseReasons = {
  unknownOp: 4001,
  undecodable: 4002,
  notIdentified: 4003,
  wrongToken: 4004,
  identifiedTwice: 4005,
  sessionGone: 4006,
  timeout: 4009,
  unknownProtocol: 4012,
  disconnected: 4014,
  serverCrashed: 4015,
  unknownMode: 4016,
  daveRequired: 4017,
  badRequest: 4020,
} as const;

/** Message of a voice socket, before it is encoded. */
export type VoiceMessage =
  | { readonly op: number; readonly d: unknown }
  | { readonly op: number; readonly payload: Uint8Array };
