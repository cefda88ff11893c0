/** Why the browser gives no microphone, by the name of its error. @type {Readonly<Record<string, string>>} */
const sentences = {
  NotAllowedError:
    'The browser may not use the microphone here: allow it beside the address, then press Microphone again.',
  NotFoundError: 'No microphone was found: plug one in, then press Microphone again.',
  NotReadableError:
    'Another program holds the microphone: close it there, then press Microphone again.',
};

/** For a microphone that was there and is not any more. */
export const unplugged = 'The microphone was unplugged: plug it in, then press Microphone again.';
/** For a page that another one took the microphone from. */
export const taken = 'Another tab has the microphone now: press Microphone to have it here.';
/** For an address at which browsers give no page a microphone. */
export const insecure =
  'Browsers give the microphone only by https or on this machine: open the address that npm start printed.';

/**
 * One sentence for a microphone that was refused.
 * @param {unknown} error
 * @returns {string}
 */
export function microphoneRefusal(error) {
  const { name = 'Error', message = '' } = /** @type {Partial<Error>} */ (error ?? {});
  return sentences[name] ?? `The microphone could not be opened (${name}: ${message}).`;
}
