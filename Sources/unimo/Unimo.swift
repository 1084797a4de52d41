import ArgumentParser
import Recipes
import MPITransport

@main struct Unimo: ParsableCommand {
    mutating func run() throws { print("unimo") }
}
