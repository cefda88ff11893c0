import type { Sandbox } from '#sandbox/sandbox.ts';
import { maxFileBytes, type Upload } from '#sandbox/world/world-attachments.ts';
import { respondWithRefusal } from '#src/web/http/http-refusal.ts';
import { type PageApp, requireEntry } from '#src/web/http/viewer.ts';

/** Path at which pages leave files for a command. */
const uploadPath = '/room/files';
/** Uploaded files that wait for their command. When too many wait, the oldest is forgotten. */
const maxWaitingFiles = 4;
const goneStatus = {
  status: 404,
  code: 'not_found',
  message: 'That file is not here any more.',
} as const;

/** Files of pages that no command has taken yet. */
export class UploadedFiles {
  readonly #files = new Map<string, Upload>();
  #lastId = 0;

  /** Keeps a file, and returns the id under which a command takes it. */
  keepFile(upload: Upload): string {
    const id = `${++this.#lastId}`;
    this.#files.set(id, upload);
    const [oldestId] = this.#files.keys();
    if (this.#files.size > maxWaitingFiles && oldestId !== undefined)
      this.#files.delete(oldestId);
    return id;
  }

  /** Removes a kept file and returns it. Throws a plain Error if there is none. */
  takeFile(id: string): Upload {
    const upload = this.#files.get(id);
    if (!upload) throw new Error('That file is not here any more: choose it again.');
    this.#files.delete(id);
    return upload;
  }
}

/**
 * Returns the longest body of a request to a path of the page, in bytes. Undefined: the
 * usual one.
 */
export function getMaxFileBytes(path: string): number | undefined {
  return path === uploadPath ? maxFileBytes : undefined;
}

/**
 * Serves the files of messages, at the address of the page as browsers do not trust that of the sandbox's files, and takes
 * files for commands. Other files than sound are offered to be saved, and never shown.
 */
export function serveFiles(
  app: PageApp,
  sandbox: Pick<Sandbox, 'file'>,
  uploads: UploadedFiles,
): void {
  app.get(`${uploadPath}/:id/:name`, requireEntry, (context) => {
    const file = sandbox.file(context.req.param('id'));
    if (!file) return respondWithRefusal(context, goneStatus);
    const isSound = file.type.startsWith('audio/');
    context.header('content-type', isSound ? file.type : 'application/octet-stream');
    context.header('content-disposition', isSound ? 'inline' : 'attachment');
    return context.body(Uint8Array.from(file.bytes));
  });
  app.post(uploadPath, requireEntry, async (context) => {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const name = (context.req.query('name') ?? 'file').slice(0, 100);
    const type = context.req.header('content-type') ?? 'application/octet-stream';
    return context.json({ id: uploads.keepFile({ name, type, bytes }) });
  });
}

/** Returns the address of a message's file at the page. */
export function toFileUrl(id: string, name: string): string {
  return `${uploadPath}/${id}/${encodeURIComponent(name)}`;
}
