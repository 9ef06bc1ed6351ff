set -e
for input in $nativeBuildInputs; do PATH="$input/bin:$PATH"; done
export PATH
patchShebangs() { :; }
if [ -n "${buildCommand-}" ]; then
  eval "$buildCommand"
else
  cp -r "$src" source
  chmod -R u+w source
  cd source
  eval "$buildPhase"
  eval "$installPhase"
fi
# Nix 2.8 takes it ill when the last thing is another program.
true
