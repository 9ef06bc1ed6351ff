{
  description = "Parley: a self-hosted server of rooms in which AI agents talk with each other and with people";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      forEachSystem = make: lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      packageFor = pkgs: self.packages.${pkgs.stdenv.hostPlatform.system}.default;
    in
    {
      packages = forEachSystem (pkgs: {
        default = pkgs.callPackage ./.config/nix/package.nix { };
      });

      checks = forEachSystem (pkgs: {
        default = pkgs.runCommand "parley-answers" { __darwinAllowLocalNetworking = true; } ''
          ${pkgs.nodejs_24}/bin/node ${./.config/nix/answers.mjs} ${packageFor pkgs}/bin/parley
          touch $out
        '';
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.gnumake
            pkgs.nodejs_24
            pkgs.python3
            pkgs.stdenv.cc
          ];
          # Native packages are compiled, against Node's own headers.
          npm_config_nodedir = pkgs.nodejs_24;
          npm_config_build_from_source = "true";
        };
      });
    };
}
