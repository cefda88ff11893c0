/** @import { RoomFile } from './room-types.js' */
/** @import { RoomSocket } from './room-socket.js' */

/**
 * The outcome of a quiet command.
 * @typedef {object} QuietReply
 * @property {boolean} ok
 * @property {boolean} isPrivate whether the reader alone reads the sentence
 * @property {string} text the bot's sentence, or why it did nothing
 * @property {readonly RoomFile[]} files
 */

/**
 * Sends a command of the page's own controls: its reply stands beside the control, not in the conversation.
 * @typedef {(name: string, options: object) => Promise<QuietReply>} SendQuietly
 */

/**
 * Makes the function that sends quiet commands, in the chat of the bot's channel: there everybody reads what is done, and the
 * sender alone why it is not.
 * @param {Pick<RoomSocket, 'ask'>} socket
 * @param {() => string | undefined} getChannel name of the bot's voice channel
 * @returns {SendQuietly}
 */
export function createQuietSender(socket, getChannel) {
  return async (name, options) => {
    const fields = { name, options, channel: getChannel(), isQuiet: true };
    const reply = await socket.ask('command', fields);
    const { ephemeral: isPrivate = false, error = '', ok, text = error } = reply;
    return { ok, isPrivate, text, files: reply.files ?? [] };
  };
}
