// A small picture that plays its film while a pointer or the focus is on it.

import { ownPath } from "./api.js";

export function playOnHover(link, frame, url) {
  const address = ownPath(url);
  if (address === null) return;
  let film = null;
  const begin = () => {
    if (film !== null) return;
    film = Object.assign(document.createElement("video"), { muted: true, loop: true, playsInline: true, src: address });
    film.addEventListener("loadeddata", () => frame.append(film), { once: true });
    film.play().catch(() => {});
  };
  const end = () => {
    film?.remove();
    film?.removeAttribute("src");
    film?.load();
    film = null;
  };
  const rests = matchMedia("(prefers-reduced-motion: reduce)");
  for (const name of ["pointerenter", "focus"]) link.addEventListener(name, () => rests.matches || begin());
  for (const name of ["pointerleave", "blur"]) link.addEventListener(name, end);
}
