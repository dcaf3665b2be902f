import type { Protocol } from 'electron';
import { protocol } from 'electron';
import { Readable } from 'node:stream';

/** What differs between Electron 22 and the current one in the main process stands here and nowhere else. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Answers requests of a custom scheme. */
export function handleScheme(scheme: string, answer: (url: URL) => Promise<Reply>): void {
  if ('handle' in protocol) {
    protocol.handle(scheme, async (request) => {
      const { status, headers, body } = await answer(new URL(request.url));
      return new Response(new Uint8Array(body), { status, headers });
    });
    return;
  }
  const old: Protocol = protocol;
  old.registerStreamProtocol(scheme, (request, callback) => {
    void answer(new URL(request.url)).then(({ status, headers, body }) =>
      callback({ statusCode: status, headers: { ...headers }, data: Readable.from([Buffer.from(body)]) }),
    );
  });
}
