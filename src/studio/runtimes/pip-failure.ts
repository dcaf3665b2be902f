import { AppError } from '../../shared/app-error';
import type { InstallPlan } from './offers';

/** What a package tool's words mean, first match first. */
type Rule = readonly [RegExp, (title: string) => AppError];

const TRY_AGAIN = 'Then try again: what was fetched whole is kept.';

const RULES: readonly Rule[] = [
  [
    /No space left on device|ENOSPC|\[Errno 28\]|not enough space on the disk/i,
    (title) =>
      new AppError('DISK_FULL', `There is no room left on the disk for ${title}.`, {
        hint: `Free some space, or name another data folder with MASKFORGE_HOME. ${TRY_AGAIN}`,
      }),
  ],
  [
    /DO NOT MATCH THE HASHES|HashMismatch|Checksum validation failed/i,
    (title) =>
      new AppError(
        'RUNTIME_CHECKSUM_MISMATCH',
        `What arrived for ${title} is not what was published: its checksum differs.`,
        {
          hint: 'Nothing was installed. A mirror or proxy may have changed it; try again from another network.',
        },
      ),
  ],
  [
    /ProxyError|Cannot connect to proxy|407 Proxy|Tunnel connection failed|proxy authentication/i,
    (title) =>
      new AppError('NETWORK_PROXY_REFUSED', `The proxy refused to fetch ${title}.`, {
        hint: 'Check HTTPS_PROXY, with user and password where it asks for them: http://USER:PASSWORD@HOST:PORT.',
      }),
  ],
  [
    /CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerification|PKIX path/i,
    (title) =>
      new AppError('NETWORK_CERTIFICATE', `${title} cannot be fetched: the server's certificate is not trusted.`, {
        hint: "Behind an inspecting proxy, set PIP_CERT to the file with your organisation's certificate.",
      }),
  ],
  [
    /name resolution|getaddrinfo failed|Name or service not known|nodename nor servname|NewConnectionError|Connection refused|Network is unreachable|No route to host|UnknownHost|UnresolvedAddress/i,
    (title) =>
      new AppError('NETWORK_OFFLINE', `${title} cannot be fetched: the package index cannot be reached.`, {
        hint: `Check the network. Behind a proxy, set HTTPS_PROXY; for a mirror, set PIP_INDEX_URL. ${TRY_AGAIN}`,
      }),
  ],
  [
    /ReadTimeout|timed out|ConnectTimeout/i,
    (title) =>
      new AppError('NETWORK_TIMEOUT', `The package index did not answer in time while ${title} was fetched.`, {
        hint: `Check the network. ${TRY_AGAIN}`,
      }),
  ],
  [
    /IncompleteRead|Connection broken|ConnectionResetError|RemoteDisconnected|Premature end/i,
    (title) =>
      new AppError('NETWORK_INTERRUPTED', `The connection broke off while ${title} was fetched.`, {
        hint: 'Try again.',
      }),
  ],
  [
    /No matching distribution found|Could not find a version|is not a supported wheel|ArtifactNotFound|Could not find artifact/i,
    (title) =>
      new AppError('RUNTIME_NOT_FOUND', `The package index has no ${title} for this system and this Python.`, {
        hint: 'Check the version, that Python is a 64-bit one, and that the system is new enough (glibc 2.28 on Linux). A mirror may lack it.',
      }),
  ],
  [
    /Permission denied|\[Errno 13\]|Read-only file system/i,
    (title) =>
      new AppError('FILE_NOT_WRITABLE', `${title} cannot be written into the data folder.`, {
        hint: 'Change its permissions, or name another with MASKFORGE_HOME.',
      }),
  ],
];

/** An error with a remedy for what pip, or Maven, said before it gave up. */
export function pipFailure(output: string, plan: Pick<InstallPlan, 'title' | 'name'>): AppError {
  const rule = RULES.find(([pattern]) => pattern.test(output));
  const error = rule?.[1](plan.title);
  const words = lastWords(output);
  const details = { name: plan.name, output: words };
  if (error === undefined) {
    return new AppError('RUNTIME_INSTALL_FAILED', `Fetching ${plan.title} failed: ${words}`, {
      hint: 'The job’s log holds what the package tool said.',
      details,
    });
  }
  return new AppError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details,
  });
}

/** The last line that begins with ERROR, or else the last line with anything in it. */
function lastWords(output: string): string {
  const lines = output
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const errors = lines.filter((line) => /^(ERROR|\[ERROR\])/.test(line));
  return (errors[errors.length - 1] ?? lines[lines.length - 1] ?? 'nothing was said').slice(0, 400);
}
