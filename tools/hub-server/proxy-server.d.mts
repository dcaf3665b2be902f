/** @param options.password `name:password` that the proxy insists on. @param options.refuse status it refuses with. */
export function startProxy(options?: { password?: string | null; refuse?: number | null }): Promise<{
  readonly url: string;
  readonly seen: { method: string; target: string }[];
  /** Ports that its tunnels come from. */
  readonly ports: number[];
  close(): Promise<void>;
}>;
