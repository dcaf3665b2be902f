import { AppError } from '../../shared/app-error';

/** A file of a repository on the hub, at a revision (branch, tag or commit). */
export interface HubFile {
  readonly repo: string;
  readonly revision: string;
  readonly path: string;
}

/** What the environment says about the hub. */
export interface HubSettings {
  /** Without a slash at the end. */
  readonly endpoint: URL;
  readonly token: string | null;
  readonly offline: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENDPOINT = 'https://huggingface.co';
export const DEFAULT_REVISION = 'main';
export const DEFAULT_FILE = 'onnx/model.onnx';

/** Reads HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE. Throws HUB_ENDPOINT_INVALID. */
export function hubSettings(env: Environment): HubSettings {
  const written = env['HF_ENDPOINT']?.trim();
  const token = env['HF_TOKEN']?.trim();
  return {
    endpoint: parseEndpoint(written === undefined || written === '' ? DEFAULT_ENDPOINT : written),
    token: token === undefined || token === '' ? null : token,
    offline: /^(1|true|yes|on)$/i.test(env['HF_HUB_OFFLINE']?.trim() ?? ''),
  };
}

/** `ENDPOINT/REPO/resolve/REVISION/PATH`: where the hub answers with the file or the place of it. */
export function fileUrl(endpoint: URL, file: HubFile): URL {
  const revision = encodeURIComponent(file.revision);
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return new URL(`${endpoint.href.replace(/\/+$/, '')}/${file.repo}/resolve/${revision}/${path}`);
}

/** The page a person reads about a repository. */
export function repoUrl(endpoint: URL, repo: string): string {
  return `${endpoint.href.replace(/\/+$/, '')}/${repo}`;
}

/**
 * `owner/name`, `owner/name@revision`, or the address of the repository's page. Throws HUB_NAME_INVALID.
 */
export function parseRepo(text: string, endpoint: URL): { repo: string; revision: string } {
  const prefix = `${endpoint.href.replace(/\/+$/, '')}/`;
  const bare = text.startsWith(prefix) ? text.slice(prefix.length).replace(/\/+$/, '') : text;
  const [, repo, revision] = /^([^@]+?)(?:@(.+))?$/.exec(bare) ?? [];
  if (repo === undefined || !isRepo(repo)) {
    throw new AppError('HUB_NAME_INVALID', `"${text}" is not the name of a repository on the hub.`, {
      hint: 'Write OWNER/NAME or OWNER/NAME@REVISION, for example Xenova/segformer-b0-finetuned-ade-512-512.',
    });
  }
  return { repo, revision: checkRevision(revision ?? DEFAULT_REVISION) };
}

/** Throws HUB_NAME_INVALID for a path that is not a plain relative one to an ONNX file. */
export function checkFile(path: string): string {
  const parts = path.split('/');
  if (path.endsWith('.onnx') && parts.every((part) => /^[\w][\w. -]*$/.test(part))) return path;
  throw new AppError('HUB_NAME_INVALID', `"${path}" is not the path of an ONNX file in a repository.`, {
    hint: `Write it as the repository lists it, for example ${DEFAULT_FILE}.`,
  });
}

function checkRevision(revision: string): string {
  if (/^[\w][\w./-]*$/.test(revision) && !revision.includes('..')) return revision;
  throw new AppError('HUB_NAME_INVALID', `"${revision}" is not a branch, tag or commit.`, {
    hint: 'Leave it out to take the newest state.',
  });
}

function isRepo(repo: string): boolean {
  const parts = repo.split('/');
  return parts.length === 2 && parts.every((part) => /^[A-Za-z0-9][\w.-]{0,95}$/.test(part) && !part.includes('..'));
}

function parseEndpoint(text: string): URL {
  try {
    const url = new URL(text);
    if (url.protocol === 'https:' || url.protocol === 'http:') return url;
  } catch {
    // Told below.
  }
  throw new AppError('HUB_ENDPOINT_INVALID', `HF_ENDPOINT is "${text}", which is no http or https address.`, {
    hint: `Correct it, or unset it to use ${DEFAULT_ENDPOINT}.`,
  });
}
