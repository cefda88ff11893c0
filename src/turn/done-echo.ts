/** Longest request, in characters, that is taken to want one thing only. */
const longestRequestChars = 45;
/** Longest answer, in characters, that says no more than "done" in other words. */
const longestEchoChars = 60;

/** Whether an answer to a request that was carried out only says that it is done: that shows by itself. */
export function isDoneEcho(request: string, answerChars: number): boolean {
  return request.length <= longestRequestChars && answerChars <= longestEchoChars;
}
