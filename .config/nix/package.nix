{
  lib,
  stdenv,
  cacert,
  cctools,
  makeWrapper,
  nodejs_24,
  patchelf,
  python3,
}:
let
  inherit (stdenv.hostPlatform) isDarwin isLinux node;
  root = ../..;
  sources =
    files:
    lib.fileset.toSource {
      inherit root;
      fileset = lib.fileset.unions files;
    };

  hashes = lib.importJSON ./hashes.json;
  lock = builtins.hashFile "sha256" ../../package-lock.json;

  # The lock names no addresses, so npm itself fetches the packages.
  modules =
    assert lib.assertMsg (hashes.lock == lock) "package-lock.json has changed; run node .config/nix/renew.mjs";
    stdenv.mkDerivation {
      # Nix looks for what it has by name and hash: another lock is another name.
      name = "parley-modules-${builtins.substring 0 16 lock}";
      src = sources [
        ../../.npmrc
        ../../package.json
        ../../package-lock.json
        ./modules.mjs
      ];
      nativeBuildInputs = [
        cacert
        nodejs_24
      ];
      impureEnvVars = lib.fetchers.proxyImpureEnvVars ++ [ "NODE_EXTRA_CA_CERTS" ];
      buildPhase = ''
        export HOME=$TMPDIR
        node .config/nix/modules.mjs ${node.platform} ${node.arch} ${lib.optionalString isLinux "glibc"}
      '';
      installPhase = "mv node_modules $out";
      dontFixup = true;
      outputHashMode = "recursive";
      outputHash = hashes.modules.${stdenv.hostPlatform.system};
    };
in
stdenv.mkDerivation {
  pname = "parley";
  inherit (lib.importJSON ../../package.json) version;
  src = sources [
    ../../.config
    ../../agents
    ../../package.json
    ../../package-lock.json
    ../../src
    ../../tsconfig.json
  ];
  nativeBuildInputs = [
    makeWrapper
    nodejs_24
    python3
  ]
  ++ lib.optional isDarwin cctools
  ++ lib.optional isLinux patchelf;
  npm_config_nodedir = nodejs_24;
  npm_config_build_from_source = "true";

  # What lies beside the compiled modules names the compiler, which would then be kept for ever.
  buildPhase = ''
    export HOME=$TMPDIR
    cp -r ${modules} node_modules
    chmod -R u+w node_modules
    patchShebangs node_modules
    npm rebuild better-sqlite3 bcrypt
    find node_modules/better-sqlite3 node_modules/bcrypt -path '*/build/*' -type f ! -name '*.node' -delete
    node .config/build.mjs
  ''
  # NixOS has no loader where this program looks for it. A set rpath would make it crash.
  + lib.optionalString isLinux ''
    patchelf --set-interpreter ${stdenv.cc.bintools.dynamicLinker} \
      node_modules/@anthropic-ai/claude-agent-sdk-linux-${node.arch}/claude
  '';
  installPhase = ''
    mkdir -p $out/lib/parley/.config
    rm -r node_modules/esbuild node_modules/@esbuild
    cp -r agents dist node_modules package.json $out/lib/parley
    cp .config/launch.mjs .config/under-npm.mjs $out/lib/parley/.config
    makeWrapper ${nodejs_24}/bin/node $out/bin/parley --add-flags $out/lib/parley/.config/launch.mjs
  '';
  # Claude's program carries its script behind what a linker knows of.
  dontStrip = true;
  dontPatchELF = true;
  dontPatchShebangs = true;

  meta = {
    description = "A self-hosted server of rooms in which AI agents talk with each other and with people";
    license = lib.licenses.asl20;
    mainProgram = "parley";
  };
}
