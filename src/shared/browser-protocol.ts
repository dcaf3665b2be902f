/**
 * How a page talks to the local server when there is no desktop around it (`window.desktop` is absent). The server
 * hands out an HttpOnly cookie when the page is opened with the token, so that the page itself never sees a secret.
 */
export const browserProtocol = {
  /** WebSocket. Each binary frame is one message of the contract (rpc.ts) in MessagePack, both ways. */
  channelPath: '/channel',
  /**
   * `POST /uploads?name=street.jpg`, body: the file. Answers `{ path, folder }`, paths the studio may read. With
   * `&folder=UUID` the name may hold folders, and all of one id lie together; `DELETE /uploads?folder=UUID` takes them back.
   */
  uploadPath: '/uploads',
  /**
   * `GET /media/PICTURE_ID?max=256`: the encoded picture, oriented, in sRGB. On the desktop the same lies at
   * `media://picture/PICTURE_ID?max=256`.
   */
  mediaPath: '/media/',
  /** `POST`: starts the engine host again after it asked. */
  restartHostPath: '/host/restart',
  /** WebSocket close codes; the close reason is a sentence for the user. */
  closeCodes: {
    /** The engine host ended and is being started again: connect again. */
    hostRestarting: 4001,
    /** It crashed three times in five minutes: ask the user, then restartHostPath, then connect again. */
    hostAsking: 4002,
    /** The server ends. */
    stopping: 4003,
  },
} as const;
